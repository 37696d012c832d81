import { plainTask } from '@axiom-runner/protocol';
import { describe, expect, it } from '@jest/globals';
import { Guard, type GuardRules } from '../../src/guard/admission.js';
import { cedarPolicy } from '../../src/guard/policy.js';
import { anIntent, aTask, GROUP, NOW, SYSTEM } from './builders.js';

/** An access that began just now and ends in an hour. */
const ACCESS = anIntent({ permission: 'Read' });

/** What becomes of the wish that an access ends at another time. */
async function verdict(expiresAt: number, rules: Partial<GuardRules> = {}, system = SYSTEM): Promise<string> {
  const open = { verificationKeys: undefined, recipientKeys: undefined, allowed: undefined, maxDurationSeconds: 86_400, policy: undefined };
  const guard = new Guard({ ...GROUP, ...open, ...rules }, () => NOW * 1000);
  const envelope = plainTask(aTask({ type: 'ExtendAccess', accessRequestId: 'request-1', system, expiresAt }));
  try {
    guard.permitExtension(await guard.accept(envelope, 'request-1', ['ExtendAccess']), ACCESS);
    return 'permitted';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe('an extension', () => {
  it('is permitted up to the longest duration, counted from the start of the access', async () => {
    expect(await verdict(ACCESS.plannedAt + 86_400)).toBe('permitted');
    expect(await verdict(ACCESS.plannedAt + 86_401)).toBe('POLICY_DENIED');
  });

  it('into the past is refused: that is a revocation', async () => {
    expect(await verdict(NOW)).toBe('TASK_REJECTED');
  });

  it('that names another system than the access is refused', async () => {
    expect(await verdict(NOW + 7200, {}, { type: 'postgresql', id: 'other.example.com' })).toBe('TASK_REJECTED');
  });

  it('needs the permission of the access to be still allowed', async () => {
    const allowed = (permission: string) => [{ system: 'postgresql/db.example.com', permission }];
    expect(await verdict(NOW + 7200, { allowed: allowed('Read') })).toBe('permitted');
    expect(await verdict(NOW + 7200, { allowed: allowed('Admin') })).toBe('POLICY_DENIED');
  });

  it("is put to the customer's policies with the access that it extends", async () => {
    const policy = await cedarPolicy(
      'permit(principal == Principal::"role/alice", action == Action::"ExtendAccess", resource) when { context.permission == "Read" && context.durationSeconds <= 7200 };',
    );
    expect(await verdict(NOW + 7200, { policy })).toBe('permitted');
    expect(await verdict(NOW + 7201, { policy })).toBe('POLICY_DENIED');
  });
});
