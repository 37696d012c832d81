import { VaultTurns } from '../../../src/agent/delivery/vault-turns.js';
import type { Problem } from '../../../src/agent/problem.js';

const PATIENCE_MS = 60_000;
const codeOf = (error: Problem) => error.code;

/** Turns of which each ends when the test says so. */
function playedTurns(most: number) {
  const turns = new VaultTurns(most);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (lane: string, name: string, timeoutMs = PATIENCE_MS) =>
    turns.run(lane, timeoutMs, () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  const begin = () => new Promise(setImmediate);
  const endNext = async () => {
    await begin();
    ends.shift()?.();
    await begin();
  };
  return { turns, begun, ask, begin, endNext };
}

it('gives the lanes their turns one after the other, so that nobody waits behind all that another asks for', async () => {
  const { begun, ask, endNext } = playedTurns(1);
  const asked = ['a1', 'a2', 'a3', 'a4'].map((name) => ask('a', name));
  asked.push(ask('b', 'b1'), ask('b', 'b2'), ask('c', 'c1'));
  for (const _ of asked) await endNext();
  await Promise.all(asked);
  expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
});

it('lets so many run at once as it may, also after some were given up while they waited', async () => {
  const { turns, begun, ask, begin, endNext } = playedTurns(2);
  const outcome = (run: Promise<void>) => run.then(() => 'done', codeOf);
  const first = [outcome(ask('a', '1')), outcome(ask('a', '2'))];
  const late = ask('a', '3', 1).catch(codeOf);
  expect(await late).toBe('VAULT_TIMEOUT');
  const next = outcome(ask('a', '4'));
  await begin();
  expect(begun).toEqual(['1', '2']);
  await endNext();
  expect(begun).toEqual(['1', '2', '4']);
  turns.stop();
  await endNext();
  await endNext();
  expect(await Promise.all([...first, next])).toEqual(['done', 'AGENT_STOPPING', 'AGENT_STOPPING']);
});

it('refuses what would wait for nothing, in one lane before it fills all', async () => {
  const { turns, ask } = playedTurns(1);
  const running = ask('a', 'running').catch(codeOf);
  const waiting = Array.from({ length: 250 }, (_, index) => ask('a', `w${index}`).catch(codeOf));
  expect(await ask('a', 'too much').catch(codeOf)).toBe('VAULT_UNAVAILABLE');
  const other = ask('b', 'other').catch(codeOf);
  turns.stop();
  expect(new Set(await Promise.all([running, other, ...waiting]))).toEqual(new Set(['AGENT_STOPPING']));
});
