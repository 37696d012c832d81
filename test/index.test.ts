import * as axiom from '..';

it('exports the constructs, and the stacks as a submodule, and nothing of their inside', () => {
  expect(Object.keys(axiom).sort()).toEqual(['RunnerOidcRole', 'SecretsManagerProxyRole', 'stacks']);
  expect(Object.keys(axiom.stacks).sort()).toEqual(['OidcRoleStack', 'SecretsManagerRoleStack']);
});
