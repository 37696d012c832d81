import { describe, expect, it } from '@jest/globals';
import { ApiNotEnabled, explainGoogle, isThrottledByGoogle, reasonsOf } from '../../../src/integration-kit/google/refusals.js';

const API = 'admin.googleapis.com';
/** As older interfaces say it, and as newer ones do. */
const older = (reason: string) => ({
  error: { code: 403, message: 'text of the vendor', errors: [{ domain: 'usageLimits', reason, message: 'text' }] },
});
const newer = (status: string, reason: string) => ({
  error: {
    code: 403,
    message: 'text of the vendor',
    status,
    details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }, { '@type': 'x' }],
  },
});
const answer = (status: number, body: unknown) => ({ status, headers: new Headers(), body: Buffer.from(JSON.stringify(body) ?? '') });
const explain = (status: number, body: unknown) => explainGoogle(API, { status, method: 'GET', path: '/users', body });

describe('refusals of Google', () => {
  it.each(['userRateLimitExceeded', 'rateLimitExceeded'])('of the reason %s mean later', (reason) => {
    expect(isThrottledByGoogle(answer(403, older(reason)))).toBe(true);
    expect(isThrottledByGoogle(answer(400, older(reason)))).toBe(false);
  });

  it.each(['quotaExceeded', 'dailyLimitExceeded'])('of the reason %s do not', (reason) => {
    expect(isThrottledByGoogle(answer(403, older(reason)))).toBe(false);
    expect(explain(403, older(reason))).toMatchObject({ code: 'RATE_LIMITED', retryable: false });
  });

  it('tell an API that is not enabled, in both forms', () => {
    for (const body of [older('accessNotConfigured'), newer('PERMISSION_DENIED', 'SERVICE_DISABLED')]) {
      expect(explain(403, body)).toBeInstanceOf(ApiNotEnabled);
    }
  });

  it('tell a missing scope, in both forms', () => {
    for (const body of [older('insufficientPermissions'), newer('PERMISSION_DENIED', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT')]) {
      expect(explain(403, body)).toMatchObject({ code: 'TARGET_PERMISSION_DENIED', message: 'The token lacks a scope that this needs.' });
    }
  });

  it('of a change that came too late may be tried again', () => {
    expect(explain(409, { error: { status: 'ABORTED', message: '' } })).toMatchObject({ code: 'CONFLICT', retryable: true });
  });

  it.each([undefined, null, 'text', [], {}, { error: 'invalid' }, { error: { errors: 'x', details: [1], status: 7 } }])(
    'of another shape have no reason: %j',
    (body) => {
      expect(reasonsOf(body)).toEqual([]);
      expect(explain(403, body)).toBeUndefined();
      expect(isThrottledByGoogle(answer(403, body))).toBe(false);
    },
  );
});
