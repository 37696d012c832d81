import { randomUUID } from 'node:crypto';
import type { FakeReply } from '../fake-vendor.js';
import { type AwsCall, answer, refusal } from './replies.js';

/** Sends a call to the emulator behind. */
export type Forward = () => Promise<FakeReply>;

/** Every so many changes AWS is seen at work before it is done. */
const SLOW = 3;

/**
 * What the emulator of IAM Identity Center lacks or does otherwise than AWS: names are unique, what is assigned is not deleted, an assignment
 * stands once, changes take their time, tags can be read.
 */
export class CenterTruth {
  readonly #names = new Map<string, string>();
  readonly #tags = new Map<string, unknown>();
  readonly #assigned = new Map<string, { readonly account: string; readonly set: string }>();
  readonly #changes = new Map<string, { looks: number; readonly status: object }>();
  #made = 0;

  readonly routes: Readonly<Record<string, (call: AwsCall, forward: Forward) => Promise<FakeReply>>> = {
    CreatePermissionSet: async (call, forward) => {
      const name = String(call.input['Name']);
      if (this.#names.has(name)) return refusal(call, 'Conflict', 'A permission set of the name exists.');
      const reply = withDuration(await forward());
      const arn = setOf(reply)?.PermissionSetArn;
      if (arn !== undefined) {
        this.#names.set(name, arn);
        this.#tags.set(arn, call.input['Tags'] ?? []);
      }
      return reply;
    },
    DescribePermissionSet: async (_, forward) => withDuration(await forward()),
    DeletePermissionSet: async (call, forward) => {
      const arn = String(call.input['PermissionSetArn']);
      if ([...this.#assigned.values()].some(({ set }) => set === arn)) return refusal(call, 'Conflict', 'It is assigned.');
      for (const [name, known] of this.#names) if (known === arn) this.#names.delete(name);
      return forward();
    },
    ListTagsForResource: async ({ input }) => answer({ Tags: this.#tags.get(String(input['ResourceArn'])) ?? [] }),
    ListAccountsForProvisionedPermissionSet: async ({ input }) => {
      const arn = input['PermissionSetArn'];
      const accounts = [...this.#assigned.values()].filter(({ set }) => set === arn).map(({ account }) => account);
      return answer({ AccountIds: [...new Set(accounts)].sort() });
    },
    CreateAccountAssignment: async (call, forward) => {
      const key = keyOf(call);
      if (!this.#assigned.has(key)) {
        const reply = await forward();
        if (reply.status !== 200) return reply;
        this.#assigned.set(key, { account: String(call.input['TargetId']), set: String(call.input['PermissionSetArn']) });
      }
      return answer({ AccountAssignmentCreationStatus: this.#begin(call) });
    },
    DeleteAccountAssignment: async (call, forward) => {
      const reply = await forward();
      if (reply.status !== 200) return refusal(call, 'ResourceNotFound', 'Assignment not found.');
      this.#assigned.delete(keyOf(call));
      return answer({ AccountAssignmentDeletionStatus: this.#begin(call) });
    },
    DescribeAccountAssignmentCreationStatus: async (call) =>
      this.#look(call, 'AccountAssignmentCreationRequestId', 'AccountAssignmentCreationStatus'),
    DescribeAccountAssignmentDeletionStatus: async (call) =>
      this.#look(call, 'AccountAssignmentDeletionRequestId', 'AccountAssignmentDeletionStatus'),
  };

  #begin({ input }: AwsCall): object {
    const id = randomUUID();
    const { TargetId, TargetType, PermissionSetArn, PrincipalType, PrincipalId } = input;
    const common = { RequestId: id, TargetId, TargetType, PermissionSetArn, PrincipalType, PrincipalId };
    this.#made += 1;
    this.#changes.set(id, { looks: this.#made % SLOW === 0 ? 1 : 0, status: common });
    return { ...common, Status: 'IN_PROGRESS', CreatedDate: Math.floor(Date.now() / 1000) };
  }

  #look(call: AwsCall, field: string, name: string): FakeReply {
    const change = this.#changes.get(String(call.input[field]));
    if (change === undefined) return refusal(call, 'ResourceNotFound', 'No such request.');
    const atWork = change.looks > 0;
    change.looks -= 1;
    return answer({ [name]: { ...change.status, Status: atWork ? 'IN_PROGRESS' : 'SUCCEEDED' } });
  }
}

function keyOf({ input }: AwsCall): string {
  return ['TargetId', 'PermissionSetArn', 'PrincipalType', 'PrincipalId'].map((field) => String(input[field])).join(' ');
}

function setOf({ status, body }: FakeReply): { PermissionSetArn?: string; SessionDuration?: unknown } | undefined {
  return status === 200 && typeof body === 'string' ? JSON.parse(body).PermissionSet : undefined;
}

/** AWS's default is an hour, in words of ISO 8601; the emulator's is a number. */
function withDuration(reply: FakeReply): FakeReply {
  const set = setOf(reply);
  if (set === undefined || typeof set.SessionDuration !== 'number') return reply;
  return { ...reply, body: JSON.stringify({ PermissionSet: { ...set, SessionDuration: 'PT1H' } }) };
}
