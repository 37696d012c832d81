import { z } from 'zod';

/** A registration that the agent made itself, and may end: RFC 7592. */
const registrationSchema = z.object({ uri: z.string().min(1), token: z.string().min(1) });

const common = {
  /** Base address of the vault that it was made for: it is shown to no other. */
  vault: z.string().min(1),
  clientId: z.string().min(1),
  /** PEM of the only authority that vouches for the vault. */
  ca: z.string().optional(),
  registration: registrationSchema.optional(),
  /** Until when the vault takes it, unix seconds. */
  expiresAt: z.number().optional(),
};

/** What the agent proves with who it is: a client secret (RFC 6749, 2.3.1), or a certificate with its key (RFC 8705, 2.1). */
export const identitySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('client'), clientSecret: z.string().min(1), ...common }),
  z.object({ kind: z.literal('certificate'), certificate: z.string().min(1), key: z.string().min(1), ...common }),
]);

export type Identity = z.output<typeof identitySchema>;
