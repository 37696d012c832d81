type Environment = Readonly<Record<string, string | undefined>>;

const isOfAws = ([name]: readonly [string, unknown]) => name.startsWith('AWS_');
/** What the process was started with. */
const own: Environment = Object.fromEntries(Object.entries(process.env).filter(isOfAws));

/** Lets AWS's SDKs in this process find these settings, and none beside them. */
export function useAws(environment: Environment): void {
  for (const [name] of Object.entries(process.env).filter(isOfAws)) delete process.env[name];
  Object.assign(process.env, environment);
}

/** Puts back what the process was started with. */
export function leaveAws(): void {
  useAws(own);
}
