import { describe, expect, it } from '@jest/globals';
import { Pacer } from '../../../src/integration-kit/http/pacer.js';

const SIGNAL = new AbortController().signal;
const headers = (limit: number, remaining: number, reset: number, prefix = 'x-ratelimit') =>
  new Headers({ [`${prefix}-limit`]: String(limit), [`${prefix}-remaining`]: String(remaining), [`${prefix}-reset`]: String(reset) });

describe('the pacer', () => {
  const waits: number[] = [];
  const pacerAt = (now: number) =>
    new Pacer(
      () => now,
      async (ms) => {
        waits.push(ms);
      },
    );

  /** How long each of some calls that come at once has to wait, ms. */
  async function turns(pacer: Pacer, bucket: string, calls: number): Promise<number[]> {
    waits.length = 0;
    for (let call = 0; call < calls; call += 1) await pacer.turn(bucket, SIGNAL);
    return [...waits];
  }

  it('lets calls through while plenty is left', async () => {
    const pacer = pacerAt(0);
    pacer.learn('host', headers(100, 80, 60));
    expect(await turns(pacer, 'host', 3)).toEqual([]);
  });

  it.each(['x-ratelimit', 'x-rate-limit', 'ratelimit'])(
    'spreads what is left over the time until the limit is renewed (%s-*)',
    async (prefix) => {
      const pacer = pacerAt(0);
      pacer.learn('host', headers(100, 6, 60, prefix));
      expect(await turns(pacer, 'host', 3)).toEqual([10_000, 20_000, 30_000]);
      expect(await turns(pacer, 'another host', 2)).toEqual([]);
    },
  );

  it('reads a moment as well as a number of seconds', async () => {
    const now = 1_900_000_000_000;
    const pacer = pacerAt(now);
    pacer.learn('host', headers(100, 6, now / 1000 + 60));
    expect(await turns(pacer, 'host', 2)).toEqual([10_000, 20_000]);
  });

  it('holds no call back for longer than half a minute: who wants more answers 429', async () => {
    const pacer = pacerAt(0);
    pacer.learn('host', headers(100, 0, 3600));
    expect(await turns(pacer, 'host', 1)).toEqual([30_000]);
  });

  it('takes no nonsense', async () => {
    const pacer = pacerAt(0);
    for (const nonsense of [new Headers(), headers(100, Number.NaN, 60), headers(100, -5, 60), headers(100, 0, -1)])
      pacer.learn('host', nonsense);
    expect(await turns(pacer, 'host', 2)).toEqual([]);
  });
});
