/** A secret's text as the store holds it, with the versions that a reader may still meet. */
export interface SecretText {
  readonly current: string;
  /** Text of the previous version, where the store keeps one and it was asked for. */
  readonly previous?: string | undefined;
}

/** Where secrets live. */
export interface SecretStore {
  /** What users call it, for messages. */
  readonly engine: string;
  /**
   * Reads a secret; concurrent reads of one name share one request, nothing is kept afterwards.
   * @param name id or ARN
   * @throws {RunnerError} `SECRET_NOT_FOUND`, `SECRET_ACCESS_DENIED`, `SECRET_MALFORMED` (binary), `SECRET_STORE_UNAVAILABLE`
   */
  read(name: string): Promise<SecretText>;
  /** The same with the previous version beside the current one. */
  readWithPrevious(name: string): Promise<SecretText>;
}

/** Lets concurrent calls with one key share one run. */
export function singleFlight<T>(run: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const flights = new Map<string, Promise<T>>();
  return (key) => {
    const running = flights.get(key);
    if (running !== undefined) return running;
    const flight = run(key).finally(() => flights.delete(key));
    flights.set(key, flight);
    return flight;
  };
}
