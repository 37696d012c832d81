/** An application that may have secrets. */
export interface Application {
  readonly name: string;
  /** Whether it may have a secret. @param id as applications spell it */
  allows(id: string): boolean;
}

/** The applications of an agent, as they are at this moment. */
export interface Applications {
  /** The application of a token, or `undefined`. Takes the same time for every wrong token. */
  authenticate(token: string): Application | undefined;
  /** The application of a name; `undefined` once it is gone. */
  named(name: string): Application | undefined;
}
