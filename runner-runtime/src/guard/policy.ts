import { type Principal, type System, systemName, type Target, type Task } from '@axiom-runner/protocol';
import { RunnerError } from '../errors.js';

/** What a policy is asked about a task: everything that the customer may want to decide by. */
export interface PolicyQuestion {
  /** Task type. */
  readonly action: string;
  readonly system: System | undefined;
  readonly principal?: Principal | undefined;
  readonly target?: Target | undefined;
  readonly permission?: string | undefined;
  readonly justification?: string | undefined;
  /** Life of the access from its start, seconds. */
  readonly durationSeconds?: number | undefined;
}

/** The customer's own policies over tasks. */
export interface Policy {
  /** @throws {RunnerError} `POLICY_DENIED` unless a policy permits the task and none forbids it or fails */
  assertPermitted(question: PolicyQuestion): void;
}

/** The question that a task puts by itself. */
export function questionOf({ task }: Task): PolicyQuestion {
  return {
    action: task.type,
    system: task.system,
    ...('permission' in task
      ? { target: task.target, permission: task.permission, justification: task.justification, durationSeconds: task.durationSeconds }
      : {}),
    ...(task.type === 'ProvisionAccess' ? { principal: task.principal } : {}),
  };
}

/**
 * Reads Cedar policies (https://docs.cedarpolicy.com). The library is loaded only here: a runner without policies does not pay for it.
 * @throws {PolicySyntaxError}
 */
export async function cedarPolicy(text: string): Promise<Policy> {
  const cedar = await import('@cedar-policy/cedar-wasm/nodejs');
  const parsed = cedar.checkParsePolicySet({ staticPolicies: text });
  if (parsed.type === 'failure') {
    const [at] = parsed.errors.flatMap(({ sourceLocations = [] }) => sourceLocations);
    throw new PolicySyntaxError(parsed.errors.map(({ message }) => message).join('; '), placeOf(text, at?.start ?? 0));
  }
  return {
    assertPermitted: (question) => {
      const { action, system, principal, target, permission, justification, durationSeconds } = question;
      const resource = { type: 'System', id: system === undefined ? '' : systemName(system) };
      const context = { permission, justification, durationSeconds, targetKind: target?.kind, targetPath: target?.path };
      const answer = cedar.isAuthorized({
        principal: { type: 'Principal', id: principal === undefined ? '' : `${principal.kind}/${principal.id}` },
        action: { type: 'Action', id: action },
        resource,
        context: JSON.parse(JSON.stringify(context)), // Cedar knows no undefined: what a task does not say is absent.
        policies: { staticPolicies: text },
        entities: system === undefined ? [] : [{ uid: resource, attrs: {}, parents: [{ type: 'SystemType', id: system.type }] }],
      });
      // Cedar leaves out a policy that fails, a forbidding one too: that must not open anything.
      const permitted =
        answer.type === 'success' && answer.response.decision === 'allow' && answer.response.diagnostics.errors.length === 0;
      if (permitted) return;
      const [failing] = answer.type === 'success' ? answer.response.diagnostics.errors : [];
      throw new RunnerError(
        'POLICY_DENIED',
        failing === undefined
          ? `The policies do not permit ${action}.`
          : `The policy ${failing.policyId} fails for ${action}, so nothing is permitted.`,
        {
          object: resource.id,
          mend:
            failing === undefined
              ? 'See RUNNER_POLICY or RUNNER_POLICY_FILE.'
              : 'Let it ask with `has` before it reads an attribute of the context.',
        },
      );
    },
  };
}

/** The text of the policies is not Cedar. */
export class PolicySyntaxError extends Error {
  override readonly name = 'PolicySyntaxError';
  constructor(
    /** The parser's words, which quote the text. */
    message: string,
    /** `line 3, column 5`, quoting nothing. */
    readonly place: string,
  ) {
    super(message);
  }
}

/** @param start offset in the bytes of the text */
function placeOf(text: string, start: number): string {
  const before = Buffer.from(text).subarray(0, start).toString().split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
