import type { FakeReply } from '../fake-vendor.js';
import type { Forward } from './assignments.js';
import { type AwsCall, refusal } from './replies.js';

/** How a role is trusted, and what it may do. */
export interface KnownRole {
  readonly externalId?: string;
  /** `AROA…`, first part of `aws:userid`. */
  readonly roleId: string;
  /** Permissions that no policy allows: `sso:ListInstances` as its action, or all. */
  readonly denied?: readonly string[] | 'all';
}

interface Statement {
  readonly Effect: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What the emulator does not do: roles have to exist and to trust the caller, their policies deny, for their sessions as well. */
export class RoleTruth {
  readonly #roles = new Map<string, KnownRole>();
  readonly #sessions = new Map<string, { readonly arn: string; readonly userId: string }>();
  readonly #policies = new Map<string, string>();

  know(arn: string, role: KnownRole): void {
    this.#roles.set(arn, role);
  }

  /** Whether a session of a role may do anything now. */
  mayAct(accessKeyId: string): boolean {
    const session = this.#sessions.get(accessKeyId);
    return session !== undefined && !this.#isDenied(session);
  }

  /** The refusal of a call by policy, or nothing. */
  judge(call: AwsCall): FakeReply | undefined {
    const session = this.#sessions.get(call.accessKeyId);
    if (session === undefined || call.action === 'GetCallerIdentity') return undefined;
    const denied = this.#roles.get(session.arn)?.denied ?? [];
    if (denied !== 'all' && !denied.includes(call.action) && !this.#isDenied(session)) return undefined;
    return refusal(call, 'AccessDenied', `User: ${session.arn} is not authorized to perform: ${call.action}`, 403);
  }

  readonly routes: Readonly<Record<string, (call: AwsCall, forward: Forward) => Promise<FakeReply>>> = {
    AssumeRole: async (call, forward) => {
      const arn = String(call.input['RoleArn']);
      const role = this.#roles.get(arn);
      if (role === undefined || (role.externalId !== undefined && role.externalId !== call.input['ExternalId'])) {
        return refusal(call, 'AccessDenied', `User: someone is not authorized to perform: sts:AssumeRole on resource: ${arn}`, 403);
      }
      const reply = await forward();
      const key = /<AccessKeyId>([^<]+)</.exec(String(reply.body))?.[1];
      if (key !== undefined) this.#sessions.set(key, { arn, userId: `${role.roleId}:${String(call.input['RoleSessionName'])}` });
      return reply;
    },
    PutRolePolicy: async ({ input }, forward) => {
      const reply = await forward();
      if (reply.status === 200) this.#policies.set(`${input['RoleName']} ${input['PolicyName']}`, String(input['PolicyDocument']));
      return reply;
    },
    DeleteRolePolicy: async ({ input }, forward) => {
      this.#policies.delete(`${input['RoleName']} ${input['PolicyName']}`);
      return forward();
    },
  };

  /** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html, as far as it is used. */
  #isDenied({ arn, userId }: { readonly arn: string; readonly userId: string }): boolean {
    const name = arn.split('/').at(-1);
    const documents = [...this.#policies].filter(([key]) => key.startsWith(`${name} `)).map(([, document]) => document);
    const statements = documents.flatMap((document) => JSON.parse(document).Statement as Statement[]);
    return statements.some(({ Effect: effect, Condition: condition }) => {
      const from = condition?.['DateGreaterThanEquals']?.['aws:CurrentTime'];
      const user = condition?.['StringEquals']?.['aws:userid'];
      return effect === 'Deny' && user === userId && (from === undefined || Date.parse(from) <= Date.now());
    });
  }
}
