import type { Binding, Condition, World } from './world.js';

/** A resource and those above it, whose policies it inherits: https://cloud.google.com/iam/docs/resource-hierarchy-access-control */
export function lineOf(world: World, resource: string): readonly string[] {
  if (resource.startsWith('serviceAccounts/')) {
    const account = world.accounts.get(resource.slice('serviceAccounts/'.length));
    return account === undefined ? [] : [resource, ...lineOf(world, `projects/${account.projectId}`)];
  }
  const line: string[] = [];
  for (let at: string | undefined = resource; at !== undefined; at = world.resources.get(at)?.parent) {
    if (world.resources.has(at)) line.push(at);
  }
  return line;
}

/** Everything that a member may do on a resource now. */
export function permissionsOf(world: World, member: string, resource: string): ReadonlySet<string> {
  const bindings = lineOf(world, resource).flatMap((name) => world.policyOf(name).bindings);
  const held = bindings.filter((binding) => holds(binding, member) && isInForce(world, binding.condition));
  return new Set(held.flatMap(({ role }) => world.roles.get(role)?.includedPermissions ?? []));
}

function holds({ members }: Binding, member: string): boolean {
  return members.some((one) => one.toLowerCase() === member.toLowerCase());
}

/** The part of CEL that temporary access needs: https://cloud.google.com/iam/docs/conditions-attribute-reference#date-time */
function isInForce({ now }: World, condition: Condition | undefined): boolean {
  if (condition === undefined) return true;
  const [, until] = /^request\.time < timestamp\("([^"]+)"\)$/.exec(condition.expression) ?? [];
  return until === undefined || now * 1000 < Date.parse(until);
}
