import { z } from 'zod';
import { SECRET_TYPES } from '../../contract/secrets.js';

/** Text from outside: well-formed Unicode without NUL, at most `max` characters. Quotes, blanks and newlines are legal in names. */
export function text(max: number) {
  return z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !value.includes('\0') && !/\p{Surrogate}/u.test(value), 'must be well-formed Unicode without NUL');
}

/** Id of a request, and of its workflow: letters, digits and `_ . : -`, at most 128. */
export const requestIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/, 'must be 1 to 128 letters, digits or _ . : -, starting with a letter or digit');

/** Kinds of systems, the second part of a secret's name. */
export const systemTypeSchema = z.enum(SECRET_TYPES.map((entry) => entry.type));

/** An internal system: the secret `axiom-security/<type>/<id>` opens it. */
export const systemSchema = z.strictObject({
  type: systemTypeSchema,
  /** No `..` and no characters that Secrets Manager refuses in a name. */
  id: z
    .string()
    .regex(/^[A-Za-z0-9/_+=.@:-]{1,400}$/, 'must be 1 to 400 of A-Z a-z 0-9 / _ + = . @ : -')
    .refine(
      (id) => !id.split('/').some((part) => part === '' || part === '.' || part === '..'),
      'must not contain empty, . or .. segments',
    ),
});
export type System = z.infer<typeof systemSchema>;

/** `postgresql/db.example.com`. */
export function systemName(system: System): string {
  return `${system.type}/${system.id}`;
}

/** What access is given to: a kind the integration declares and a path, outermost first. `{kind: 'table', path: ['app', 'public', 'orders']}`. */
export const targetSchema = z.strictObject({
  kind: z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/),
  path: z.array(text(1024)).min(1).max(8),
});
export type Target = z.infer<typeof targetSchema>;

/** Who gets access: a kind the integration declares and the vendor's own id or name. */
export const principalSchema = z.strictObject({
  kind: z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/),
  id: text(1024),
});
export type Principal = z.infer<typeof principalSchema>;

/** Name of a role or level, as the integration declares or collects it. */
export const permissionSchema = text(512);
