import { type Credential, openCredential, type RecipientJwk, recipientJwkSchema, type TaskBody } from '@axiom-runner/protocol';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { failedError } from './errors.js';
import type { Group } from './home/state.js';
import type { Link } from './temporal/link.js';
import { newRequestId, revokeAccess, startTask, type TaskOptions } from './temporal/tasks.js';
import { type WaitOptions, waitForStage } from './wait.js';

/** A key pair for one credential. The private part never leaves this process. */
export interface RecipientKeyPair {
  readonly publicJwk: RecipientJwk;
  readonly privateJwk: JWK;
}

/** What a temporary credential is asked for. */
export type CredentialRequest = Omit<Extract<TaskBody, { type: 'DispenseCredential' }>, 'type' | 'recipient'>;

/** A credential that was opened here. */
export interface DispensedCredential {
  readonly requestId: string;
  readonly credential: Credential;
}

/** Makes a fresh X25519 key pair for one credential. */
export async function newRecipient(): Promise<RecipientKeyPair> {
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true });
  return { publicJwk: recipientJwkSchema.parse(await exportJWK(publicKey)), privateJwk: await exportJWK(privateKey) };
}

/**
 * Asks for a temporary credential, waits for it and opens it. When it does not come in time, or cannot be opened,
 * its revocation is asked for: nobody else could ever open it.
 * @throws {ControlPlaneError} when a runner refuses or fails, or none answers in time
 */
export async function dispenseCredential(
  link: Link,
  group: Group,
  request: CredentialRequest,
  wait: WaitOptions & TaskOptions & { readonly onStarted?: (requestId: string) => void },
): Promise<DispensedCredential> {
  const { publicJwk, privateJwk } = await newRecipient();
  const requestId = wait.requestId ?? newRequestId('dispensecredential');
  await startTask(link, group, { type: 'DispenseCredential', ...request, recipient: { jwk: publicJwk } }, { ...wait, requestId });
  wait.onStarted?.(requestId);
  try {
    const result = await waitForStage(link.home, { requestId, group }, ['granted', 'revoked'], wait);
    if (result.stage === 'revoked' || result.sealedCredential === undefined) {
      throw failedError('The access was granted without a credential.', `see "axiomctl access show ${requestId}"`);
    }
    return { requestId, credential: await open(result.sealedCredential, privateJwk, requestId) };
  } catch (error) {
    await revokeAccess(link, { requestId, group }).catch(() => undefined); // a task that failed has ended already
    throw error;
  }
}

async function open(sealed: string, privateJwk: JWK, requestId: string): Promise<Credential> {
  const credential = await openCredential(sealed, privateJwk).catch(() => {
    throw failedError('The credential was sealed for another recipient, or altered on its way.', 'ask for a new one');
  });
  if (credential.requestId === requestId) return credential;
  throw failedError('The credential belongs to another request.', 'ask for a new one');
}
