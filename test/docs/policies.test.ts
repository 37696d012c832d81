import { codeBlocks, readPage } from './support/markdown';

/** Loaded by name: the constructs do not depend on it, the runtime does. */
const cedar = require('@cedar-policy/cedar-wasm/nodejs');

const [policies = ''] = codeBlocks(readPage('docs/policies.md'), 'cedar');

/** Asks the example as a runner asks. */
function decide(principal: string, action: string, context: object): string {
  const resource = { type: 'System', id: 'postgresql/db.example.com' };
  const { response } = cedar.isAuthorized({
    principal: { type: 'Principal', id: principal },
    action: { type: 'Action', id: action },
    resource,
    context,
    policies: { staticPolicies: policies },
    entities: [{ uid: resource, attrs: {}, parents: [{ type: 'SystemType', id: 'postgresql' }] }],
  });
  expect(response.diagnostics.errors).toEqual([]);
  return response.decision;
}

describe('the example in docs/policies.md', () => {
  it('permits reading for eight hours, tests and collections', () => {
    expect(decide('role/alice', 'ProvisionAccess', { permission: 'Read', durationSeconds: 28_800 })).toBe('allow');
    expect(decide('', 'CollectData', {})).toBe('allow');
  });

  it('permits nothing longer, no other permission, and nothing to payroll', () => {
    expect(decide('role/alice', 'ProvisionAccess', { permission: 'Read', durationSeconds: 28_801 })).toBe('deny');
    expect(decide('role/alice', 'ProvisionAccess', { permission: 'Admin', durationSeconds: 60 })).toBe('deny');
    expect(decide('role/payroll', 'ProvisionAccess', { permission: 'Read', durationSeconds: 60 })).toBe('deny');
  });
});
