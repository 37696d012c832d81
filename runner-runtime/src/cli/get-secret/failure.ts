/** Why there is no secret: what the command says on standard error, and its exit code. No text of it holds a value of a secret. */
export class Failure extends Error {
  override readonly name = 'Failure';
  constructor(
    readonly exitCode: number,
    message: string,
    readonly mend?: string,
  ) {
    super(message);
  }
}

/** A text of somebody else on one line, without what a terminal would obey, cut. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·').slice(0, 500);
}
