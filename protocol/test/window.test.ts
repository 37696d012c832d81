import { acceptanceEnd, assertInWindow, TaskRejectedError } from '../src/index.js';
import { NOW } from './builders.js';

const MINUTE = 60;

/** `accepted`, or why not. */
function verdict(task: { iat: number; exp: number }, now: number): string {
  try {
    assertInWindow(task, now);
    return 'accepted';
  } catch (error) {
    if (error instanceof TaskRejectedError) return error.reason;
    throw error;
  }
}

describe('the window of a task', () => {
  const task = { iat: NOW, exp: NOW + 5 * MINUTE };

  it.each([
    ['at its signing', NOW, 'accepted'],
    ['in its last second', task.exp - 1, 'accepted'],
    ['by a runner whose clock is five minutes behind', NOW - 5 * MINUTE, 'accepted'],
    ['by a runner whose clock is further behind', NOW - 5 * MINUTE - 1, 'future'],
    ['by a runner whose clock is just under five minutes ahead', task.exp + 5 * MINUTE - 1, 'accepted'],
    ['by a runner whose clock is five minutes ahead', task.exp + 5 * MINUTE, 'expired'],
    ['a day later', NOW + 1440 * MINUTE, 'expired'],
  ])('%s', (_, now, expected) => {
    expect(verdict(task, now)).toBe(expected);
  });

  it.each([
    ['is longer than five minutes', { iat: NOW, exp: NOW + 301 }],
    ['ends when it begins', { iat: NOW, exp: NOW }],
    ['ends before it begins', { iat: NOW, exp: NOW - 1 }],
  ])('is refused when it %s', (_, wrong) => {
    expect(verdict(wrong, NOW)).toBe('window');
  });

  it('is over at the end of acceptance, and not a second before', () => {
    expect(verdict(task, acceptanceEnd(task))).toBe('expired');
    expect(verdict(task, acceptanceEnd(task) - 1)).toBe('accepted');
  });
});
