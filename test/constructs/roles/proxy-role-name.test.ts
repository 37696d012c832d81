import { NestedStack, Stack } from 'aws-cdk-lib';
import { aProxyRole } from '../../support/roles';
import { ACCOUNT, anApp, aStack, aStackIn, templateOf, theRoleIn } from '../../support/synth';

const nameIn = (stack: Stack) => theRoleIn(stack)['RoleName'];

it('contains what runners may assume, the path, and the region', () => {
  const stack = aStackIn('eu-central-1');
  aProxyRole(stack);
  expect(nameIn(stack)).toMatch(/^Axiom-Security-Stack-ProxyRole-[0-9a-f]{8}-eu-central-1$/);
});

it('stays the same from one synthesis to the next', () => {
  const names = [1, 2].map(() => {
    const stack = aStackIn('eu-central-1');
    aProxyRole(stack);
    return nameIn(stack);
  });
  expect(names[0]).toBe(names[1]);
  expect(names[0]).toBe('Axiom-Security-Stack-ProxyRole-325f7c4a-eu-central-1');
});

it('has at most 64 characters, however long the path and the region', () => {
  const stack = new Stack(anApp(), 'S'.repeat(60), { env: { account: ACCOUNT, region: 'ap-southeast-1' } });
  aProxyRole(stack, {}, 'P'.repeat(60));
  expect(nameIn(stack)).toHaveLength(64);
});

it('leaves room for every region when the region is known at deployment only', () => {
  const stack = aStack({}, 'S'.repeat(60));
  aProxyRole(stack);
  expect(nameIn(stack)).toEqual({ 'Fn::Join': ['', [expect.stringMatching(/^Axiom-Security-S+-[0-9a-f]{8}-$/), { Ref: 'AWS::Region' }]] });
  expect(JSON.stringify(nameIn(stack)).match(/Axiom-Security-[^"]*/)?.[0]).toHaveLength(64 - 'ap-southeast-123'.length);
});

it.each<[string, () => Stack[]]>([
  ['two stacks', () => ['One', 'Two'].map((id) => new Stack(anApp(), id))],
  ['one stack under two names', () => ['one', 'two'].map((stackName) => new Stack(anApp(), 'Stack', { stackName }))],
  ['one stack in two regions', () => ['eu-central-1', 'us-east-1'].map((region) => aStackIn(region))],
])('differs between %s, so that both fit into an account', (_, stacks) => {
  const [one, two] = stacks().map((stack) => {
    aProxyRole(stack);
    return nameIn(stack);
  });
  expect(one).not.toEqual(two);
});

it('differs between two nested stacks, whose own names are not known yet', () => {
  const parent = aStack();
  const [one, two] = ['One', 'Two'].map((id) => {
    const nested = new NestedStack(parent, id);
    aProxyRole(nested);
    return nested;
  });
  templateOf(parent);
  expect(nameIn(one as Stack)).not.toEqual(nameIn(two as Stack));
  expect(JSON.stringify(nameIn(one as Stack))).not.toContain('TOKEN');
});
