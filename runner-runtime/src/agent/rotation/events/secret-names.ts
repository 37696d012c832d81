/** Secrets Manager puts a hyphen and six random characters behind the name: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html */
const SUFFIX = /-[A-Za-z0-9]{6}$/;
const ARN = /^arn:[^:]+:secretsmanager:([^:]*:[^:]*):secret:(.+)$/;

/**
 * Whether a name or ARN in the configuration and one in an event mean the same secret. An ARN may stand there with its random end or without;
 * a name ends in what looks like one now and then, so both readings count: asking the vault once in vain does no harm.
 */
export function isSameSecret(configured: string, told: string): boolean {
  const one = parse(configured);
  const other = parse(told);
  if (one.place !== undefined && other.place !== undefined && one.place !== other.place) return false;
  return one.names.some((name) => other.names.includes(name));
}

/** `place` is region and account. */
function parse(text: string): { place: string | undefined; names: string[] } {
  const [, place, name] = ARN.exec(text) ?? [];
  if (name === undefined) return { place: undefined, names: [text] };
  return { place, names: [name, name.replace(SUFFIX, '')] };
}
