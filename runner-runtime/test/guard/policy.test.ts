import { describe, expect, it } from '@jest/globals';
import { cedarPolicy, type PolicyQuestion, PolicySyntaxError } from '../../src/guard/policy.js';

const READ: PolicyQuestion = {
  action: 'ProvisionAccess',
  system: { type: 'postgresql', id: 'db.example.com' },
  principal: { kind: 'role', id: 'alice' },
  target: { kind: 'table', path: ['shop', 'public', 'orders'] },
  permission: 'Read',
  justification: 'ticket 4711',
  durationSeconds: 3600,
};

async function isPermitted(policies: string, question: Partial<PolicyQuestion> = {}): Promise<boolean> {
  const policy = await cedarPolicy(policies);
  try {
    policy.assertPermitted({ ...READ, ...question });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'POLICY_DENIED' });
    return false;
  }
}

describe("the customer's Cedar policies", () => {
  it('permit nothing that no policy permits', async () => {
    expect(await isPermitted('')).toBe(false);
    expect(await isPermitted('permit(principal, action == Action::"TestConnection", resource);')).toBe(false);
  });

  it('decide by task type, system, kind of system and principal', async () => {
    const policy =
      'permit(principal == Principal::"role/alice", action == Action::"ProvisionAccess", resource in SystemType::"postgresql");';
    expect(await isPermitted(policy)).toBe(true);
    expect(await isPermitted(policy, { principal: { kind: 'role', id: 'bob' } })).toBe(false);
    expect(await isPermitted(policy, { system: { type: 'mysql', id: 'db.example.com' } })).toBe(false);
    expect(await isPermitted('permit(principal, action, resource == System::"postgresql/db.example.com");')).toBe(true);
  });

  it('decide by permission, target, justification and duration', async () => {
    const policy = `permit(principal, action, resource) when {
      context.permission == "Read" && context.targetKind == "table" && context.targetPath.contains("shop") &&
      context.justification like "ticket *" && context.durationSeconds <= 3600 };`;
    expect(await isPermitted(policy)).toBe(true);
    expect(await isPermitted(policy, { permission: 'Admin' })).toBe(false);
    expect(await isPermitted(policy, { justification: 'because' })).toBe(false);
    expect(await isPermitted(policy, { durationSeconds: 3601 })).toBe(false);
  });

  it('deny when a forbidding policy matches', async () => {
    expect(
      await isPermitted('permit(principal, action, resource); forbid(principal, action, resource) when { context.permission == "Read" };'),
    ).toBe(false);
  });

  it('deny when a policy fails, because the one that fails may be the one that forbids', async () => {
    const policies = 'permit(principal, action, resource); forbid(principal, action, resource) when { context.durationSeconds > 10 };';
    expect(await isPermitted(policies, { durationSeconds: undefined })).toBe(false);
  });

  it('that are no Cedar are refused', async () => {
    await expect(cedarPolicy('allow everything')).rejects.toBeInstanceOf(PolicySyntaxError);
    await expect(cedarPolicy('// ä\npermit(principal, action, resourc);')).rejects.toMatchObject({ place: 'line 2, column 27' });
  });
});
