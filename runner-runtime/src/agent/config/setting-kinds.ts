import { z } from 'zod';
import { AGENT_APPLICATION_PATTERN, AGENT_SECRET_ID_MAX_LENGTH, AGENT_SECRET_ID_PATTERN } from '../../../../contract/agent.js';
import { parseDuration } from '../../config/duration.js';

/**
 * Kinds of values that settings have. What a kind allows is its only message, which completes "<path> <what was found>: ", as in
 * "cache.ttl is 0: a whole number of seconds, 1 to 86400"; the page of the settings shows it as well.
 */
const allowing = <Schema extends z.ZodType>(schema: Schema, allowed: string): Schema => schema.meta({ allowed });

export const wholeNumber = (least: number, most: number, unit: string) => {
  const allowed = `a whole number of ${unit}, ${least} to ${most}`;
  return allowing(z.number({ error: allowed }).int(allowed).min(least, allowed).max(most, allowed), allowed);
};

/** @param most characters */
export const text = (allowed: string, most = 2_000) => allowing(z.string({ error: allowed }).min(1, allowed).max(most, allowed), allowed);

export const flag = allowing(z.boolean({ error: 'true or false' }), 'true or false');

const PATH_ALLOWED = 'the path of a file';
export const path = allowing(
  text(PATH_ALLOWED).refine((value) => !value.includes('\0'), PATH_ALLOWED),
  PATH_ALLOWED,
);

/** Seconds of `15m`. */
export const duration = (allowed: string) =>
  allowing(
    z.string({ error: allowed }).transform((value, context) => {
      const seconds = parseDuration(value);
      if (seconds !== undefined && seconds > 0) return seconds;
      context.addIssue({ code: 'custom', message: allowed });
      return z.NEVER;
    }),
    allowed,
  );

/** Without user and password. @param schemes with their colon */
export const url = (schemes: readonly string[], allowed: string) =>
  allowing(
    z
      .string({ error: allowed })
      .refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol) && new URL(value).username === '', allowed),
    allowed,
  );

/** Mode of a file, in quotes because YAML makes another number of it. */
export const octal = (example: string) => {
  const allowed = `an octal mode in quotes, such as "${example}"`;
  return allowing(
    z
      .string({ error: allowed })
      .regex(/^0?[0-7]{3}$/, allowed)
      .transform((value) => Number.parseInt(value, 8)),
    allowed,
  );
};

export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) => {
  const allowed = `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
  return allowing(z.enum(values, { error: allowed }), allowed);
};

/** @param allowed what the list has */
export const list = <Item extends z.ZodType>(item: Item, allowed: string) => allowing(z.array(item, { error: allowed }), allowed);

const ID_ALLOWED = `a secret id: 1 to ${AGENT_SECRET_ID_MAX_LENGTH} of A-Z a-z 0-9 _ + = . @ - and single slashes between them`;
/** Id of a secret, as applications spell it. */
export const secretId = allowing(
  z.string({ error: ID_ALLOWED }).max(AGENT_SECRET_ID_MAX_LENGTH, ID_ALLOWED).regex(new RegExp(AGENT_SECRET_ID_PATTERN), ID_ALLOWED),
  ID_ALLOWED,
);

const APPLICATION_ALLOWED = 'a name of 1 to 63 letters, digits and _.- that begins with a letter or digit';
/** Name of an application. */
export const applicationName = allowing(
  z.string({ error: APPLICATION_ALLOWED }).regex(new RegExp(AGENT_APPLICATION_PATTERN), APPLICATION_ALLOWED),
  APPLICATION_ALLOWED,
);

const PATTERN_ALLOWED = 'a secret id, or one that ends in /* for all below it, or * for all';
/** What an application may have: an id, all ids below a prefix (`prod/*`), or all (`*`). */
export const secretPattern = allowing(
  z
    .string({ error: PATTERN_ALLOWED })
    .refine((value) => value === '*' || secretId.safeParse(value.replace(/\/\*$/, '')).success, PATTERN_ALLOWED),
  PATTERN_ALLOWED,
);
/** Of an application; of a hook or schedule one at least. */
export const secretPatterns = list(secretPattern, 'a list of secret ids');
export const someSecretPatterns = allowing(secretPatterns.min(1, 'at least one secret id'), 'a list of one secret id or more');

/** A table by names that users choose: without a prototype, so that `constructor` is in it only where somebody wrote it. */
export const withoutPrototype = <Table extends object>(table: Table): Table => Object.setPrototypeOf(table, null);
