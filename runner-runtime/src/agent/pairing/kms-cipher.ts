import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KMSClient } from '@aws-sdk/client-kms';
import { z } from 'zod';
import type { NetworkSettings } from '../../config/settings.js';
import { RunnerError } from '../../errors.js';
import { httpsAgent } from '../../operations/network.js';

/** Encrypts an identity where it lies. */
export interface IdentityCipher {
  /** @throws {RunnerError} `SECRET_ACCESS_DENIED`, `SECRET_STORE_UNAVAILABLE` */
  seal(text: string): Promise<string>;
  /** @param path where it lies, for messages. @throws {RunnerError} the same, and `SECRET_MALFORMED` for what was changed */
  open(sealed: string, path: string): Promise<string>;
}

/** The key, and how it is reached. */
export interface KmsCipherOptions {
  /** Id, alias or ARN of a symmetric key. */
  readonly keyId: string;
  /** @default the region of the process */
  readonly region?: string | undefined;
  readonly network: NetworkSettings;
}

/** Bound to every ciphertext; key policies may ask for it: https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html */
const CONTEXT = { purpose: 'axiomrunner-agent-identity' };
const ALGORITHM = 'aes-256-gcm';

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const sealedSchema = z.object({
  format: z.literal('axiomrunner-kms-1'),
  /** Key of this text, encrypted by KMS. */
  dataKey: base64,
  iv: base64.refine((iv) => iv.length === 12),
  tag: base64.refine((tag) => tag.length === 16),
  text: base64,
});

/** Whether a text was sealed by {@link kmsCipher}. */
export function isSealed(text: string): boolean {
  return sealedOf(text) !== undefined;
}

/**
 * Envelope encryption: a key for each text, which KMS encrypts. Needs `kms:GenerateDataKey` to seal and `kms:Decrypt` to open. The SDK is loaded with
 * the first use.
 */
export function kmsCipher({ keyId, region, network }: KmsCipherOptions): IdentityCipher {
  const withKms = async <T>(use: (client: KMSClient, kms: typeof import('@aws-sdk/client-kms')) => Promise<T>): Promise<T> => {
    const kms = await import('@aws-sdk/client-kms');
    const { NodeHttpHandler } = await import('@smithy/node-http-handler');
    const requestHandler = new NodeHttpHandler({ httpsAgent: httpsAgent(network), connectionTimeout: 5_000, requestTimeout: 15_000 });
    const client = new kms.KMSClient({ ...(region === undefined ? {} : { region }), requestHandler });
    try {
      return await use(client, kms);
    } catch (error) {
      throw kmsError(error, keyId);
    } finally {
      client.destroy();
    }
  };
  return {
    seal: async (text) => {
      const { Plaintext: key, CiphertextBlob: dataKey } = await withKms((client, { GenerateDataKeyCommand }) =>
        client.send(new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: CONTEXT })),
      );
      if (key === undefined || dataKey === undefined) throw kmsError(undefined, keyId);
      const iv = randomBytes(12);
      const cipher = createCipheriv(ALGORITHM, key, iv);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      key.fill(0);
      const encoded = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
      return JSON.stringify({
        format: 'axiomrunner-kms-1',
        dataKey: encoded(dataKey),
        iv: encoded(iv),
        tag: encoded(cipher.getAuthTag()),
        text: encoded(sealed),
      });
    },
    open: async (sealed, path) => {
      const parts = sealedOf(sealed);
      if (parts === undefined) throw damaged(path);
      const { Plaintext: key } = await withKms((client, { DecryptCommand }) =>
        client.send(new DecryptCommand({ KeyId: keyId, CiphertextBlob: parts.dataKey, EncryptionContext: CONTEXT })),
      );
      if (key === undefined) throw kmsError(undefined, keyId);
      try {
        const decipher = createDecipheriv(ALGORITHM, key, parts.iv).setAuthTag(parts.tag);
        return Buffer.concat([decipher.update(parts.text), decipher.final()]).toString('utf8');
      } catch {
        throw damaged(path);
      } finally {
        key.fill(0);
      }
    },
  };
}

function sealedOf(text: string): z.output<typeof sealedSchema> | undefined {
  try {
    return sealedSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function damaged(path: string): RunnerError {
  return new RunnerError('SECRET_MALFORMED', 'The encrypted identity of the agent was changed since it was written.', {
    object: path,
    mend: 'Pair again: axiomrunner agent pair.',
  });
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors; a refusal has a status, what did not arrive has none. */
function kmsError(error: unknown, keyId: string): RunnerError {
  const { name = '', $metadata } = (error ?? {}) as { readonly name?: string; readonly $metadata?: { readonly httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  const refused = status >= 400 && status < 500 && status !== 429 && !/Throttl|LimitExceeded/.test(name);
  if (refused || name === 'CredentialsProviderError') {
    return new RunnerError('SECRET_ACCESS_DENIED', `The key that encrypts the identity of the agent may not be used (${name}).`, {
      object: keyId,
      mend: 'Check identity.kms_key_id and identity.region, and allow kms:GenerateDataKey and kms:Decrypt on the key.',
    });
  }
  return new RunnerError('SECRET_STORE_UNAVAILABLE', `KMS did not answer (${name === '' ? 'unknown error' : name}).`, {
    object: keyId,
    mend: 'Check the route to KMS (VPC endpoint, proxy), and identity.region or AWS_REGION.',
  });
}
