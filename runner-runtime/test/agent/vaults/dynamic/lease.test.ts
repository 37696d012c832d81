import { describe, expect, it } from '@jest/globals';
import { Holding, Lease } from '../../../../src/agent/vaults/dynamic/lease.js';
import { anIntent, NOW } from '../../../guard/builders.js';
import { errorOf } from '../../../secrets/builders.js';
import { HOUR } from './bench.js';

const LOGIN = { username: 'axm_user', password: 'canary-password' };
const MINUTE = 60;

function aLease(seconds: number, from = NOW): Lease {
  const lease = new Lease(anIntent({ kind: 'dispense', plannedAt: from, expiresAt: from + seconds }));
  lease.begin(LOGIN, () => undefined);
  return lease;
}
const after = (seconds: number) => (NOW + seconds) * 1000;

describe('a lease', () => {
  it.each([
    ['a minute', MINUTE, 40],
    ['a quarter of an hour', 15 * MINUTE, 10 * MINUTE],
    ['an hour', HOUR, 55 * MINUTE],
    ['a day', 24 * HOUR, 24 * HOUR - 5 * MINUTE],
  ])('of %s may be kept until some time before its user goes', (_, length, kept) => {
    const lease = aLease(length);
    expect(lease.answer(after(0)).expiresAt).toBe(after(kept));
    expect(lease.endsAt).toBe(after(length));
    expect(lease.renewAt).toBeLessThanOrEqual(after(kept));
  });

  it('that has to do without a successor may be kept for half of what is left', () => {
    const lease = aLease(HOUR);
    expect(lease.answer(after(56 * MINUTE)).expiresAt).toBe(after(58 * MINUTE));
    expect(lease.answer(after(59 * MINUTE)).expiresAt).toBe(after(59 * MINUTE + 30));
    expect(lease.isLiving(after(HOUR - 6))).toBe(true);
    expect(lease.isLiving(after(HOUR - 5))).toBe(false);
  });

  it('is answered no more once it is retired', async () => {
    const lease = aLease(HOUR);
    lease.retire();
    expect(lease.isLiving(after(1))).toBe(false);
    expect(await errorOf(() => lease.answer(after(1)))).toMatchObject({ code: 'INTERNAL', retryable: true });
  });
});

describe('what an application has of a secret', () => {
  const secret = {
    id: 'db',
    system: { type: 'postgresql' as const, id: 'db' },
    target: { kind: 'database', path: ['app'] },
    permission: 'Read',
    leaseSeconds: HOUR,
  };
  function holding(...leases: Lease[]): Holding {
    const made = new Holding(secret, 'shop');
    made.leases.push(...leases);
    return made;
  }

  it('is the newest user that lives', () => {
    const [old, current] = [aLease(HOUR), aLease(HOUR, NOW + 40 * MINUTE)];
    const two = holding(old, current);
    expect(two.current(after(41 * MINUTE))).toBe(current);
    current.retire();
    expect(two.current(after(41 * MINUTE))).toBe(old);
    expect(two.current(after(HOUR))).toBeUndefined();
  });

  it('gets a successor at two thirds of its life, where somebody asked, and not at once after a failure', () => {
    const lease = aLease(HOUR);
    const one = holding(lease);
    expect(one.wantsSuccessor(after(40 * MINUTE))).toBe(false);
    lease.asked = true;
    expect(one.wantsSuccessor(after(40 * MINUTE) - 1)).toBe(false);
    expect(one.wantsSuccessor(after(40 * MINUTE))).toBe(true);
    one.retryAt = after(41 * MINUTE);
    expect(one.wantsSuccessor(after(40 * MINUTE))).toBe(false);
    expect(one.nextDue(after(40 * MINUTE))).toBe(after(41 * MINUTE));
  });

  it('wakes the agent for the successor and for the end', () => {
    const lease = aLease(HOUR);
    const one = holding(lease);
    expect(one.nextDue(after(0))).toBe(after(40 * MINUTE));
    expect(one.nextDue(after(40 * MINUTE))).toBe(after(HOUR));
    lease.retire();
    expect(one.nextDue(after(1))).toBe(0);
    expect(holding().nextDue(after(0))).toBe(Number.POSITIVE_INFINITY);
  });
});
