import { type Envelope, type RecipientJwk, recipientJwkSchema, signTask, type TaskBody } from '@axiom-runner/protocol';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { AllowedEntry } from '../../src/config/allowed-entries.js';
import { Guard } from '../../src/guard/admission.js';
import { Redactor } from '../../src/guard/redaction.js';
import { StateKey } from '../../src/guard/state-key.js';
import { NO_LEDGER } from '../../src/ledger/no-ledger.js';
import { createLogger } from '../../src/operations/logger.js';
import { openNetwork } from '../../src/operations/transport.js';
import { Reaper } from '../../src/systems/reaper.js';
import { Systems } from '../../src/systems/systems.js';
import { AccessActivities } from '../../src/tasks/access-activities.js';
import type { Attempt } from '../../src/tasks/attempt.js';
import { ReadActivities } from '../../src/tasks/read-activities.js';
import { SealedDocuments } from '../../src/tasks/sealed-documents.js';
import { aTask, GROUP, NOW } from '../guard/builders.js';
import { CountingGate } from '../integrations/runner-harness.js';

export const HOUR = 3600;

/** Signs tasks: whom the customer trusts. Everything that is signed may be sent again by whoever carries it. */
export class Signer {
  private constructor(
    private readonly key: JWK,
    readonly verificationKey: JWK,
  ) {}

  static async create(): Promise<Signer> {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    return new Signer(await exportJWK(privateKey), await exportJWK(publicKey));
  }

  sign(task: TaskBody, jti: string, iat = NOW): Promise<Envelope> {
    return signTask(aTask(task, { jti, iat, exp: iat + 300 }), this.key);
  }
}

/** What a runner of the group is told. */
export interface RunnerOptions {
  readonly signer: Signer;
  /** Fields of the secret of each system, by the secret's name. */
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly allowed?: readonly AllowedEntry[];
  readonly maxDurationSeconds?: number;
  /** Seconds by which its clock is off. */
  readonly clockOffset?: number;
}

/** A runner as its control plane meets it: activities that may be called in any order, with anything. */
export class AttackedRunner {
  static seconds = NOW;
  readonly systems: Systems;
  readonly reaper: Reaper;
  readonly documents: SealedDocuments;
  readonly access: AccessActivities;
  readonly reads: ReadActivities;

  constructor({ signer, secrets, allowed, maxDurationSeconds = 24 * HOUR, clockOffset = 0 }: RunnerOptions) {
    const now = () => (AttackedRunner.seconds + clockOffset) * 1000;
    const stateKey = new StateKey('a state key of at least 32 characters');
    const read = async (name: string) => ({ current: JSON.stringify(secrets[name]) });
    const store = { engine: 'test', read, readWithPrevious: read };
    const log = createLogger({ write: () => undefined });
    this.systems = new Systems({
      group: GROUP,
      stateKey,
      store,
      redactor: new Redactor(),
      log,
      now,
      network: openNetwork({ proxy: undefined, noProxy: undefined, extraCa: undefined }),
      ledgerOf: () => NO_LEDGER,
    });
    this.reaper = new Reaper({ systems: this.systems, log, records: log, now });
    this.documents = new SealedDocuments(stateKey, GROUP);
    const verificationKeys = { keys: [signer.verificationKey] };
    const guard = new Guard({ ...GROUP, verificationKeys, recipientKeys: undefined, allowed, maxDurationSeconds, policy: undefined }, now);
    const common = { guard, documents: this.documents, systems: this.systems, reaper: this.reaper, now };
    this.access = new AccessActivities({ ...common, group: GROUP });
    this.reads = new ReadActivities(common);
  }
}

/** One attempt, as the server says it is. */
export function attemptOf(workflowId: string): Attempt {
  return { workflowId, gate: new CountingGate(), signal: new AbortController().signal, describe: () => undefined, note: () => undefined };
}

export async function newRecipient(): Promise<{ jwk: RecipientJwk; privateJwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true });
  return { jwk: recipientJwkSchema.parse(await exportJWK(publicKey)), privateJwk: await exportJWK(privateKey) };
}
