import { RunnerError } from '../../errors.js';

/** Longest part of a path that a vendor's id or name takes, characters before encoding. */
const LONGEST_PART = 2048;

declare const safe: unique symbol;
/** A path of a request whose variable parts cannot leave their place. */
export type SafePath = string & { readonly [safe]: true };

/**
 * A path with variable parts: path`/users/${id}/groups`. Each is encoded as one segment.
 * @throws {RunnerError} `TASK_REJECTED` for what no vendor takes for a part, and what URLs give a meaning of its own: empty, `.`, `..`, control characters
 */
export function path(fixed: TemplateStringsArray, ...parts: readonly string[]): SafePath {
  let text = fixed[0] ?? '';
  for (const [index, part] of parts.entries()) text += encodePart(part) + (fixed[index + 1] ?? '');
  return text as SafePath;
}

/** One segment of a path, encoded. */
function encodePart(part: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (part === '' || part === '.' || part === '..' || part.length > LONGEST_PART || /[\u0000-\u001f\u007f]|\p{Surrogate}/u.test(part)) {
    throw new RunnerError('TASK_REJECTED', 'A name or id in the task cannot be part of a request.', {
      object: JSON.stringify(part.slice(0, 80)),
      mend: 'Use the id as the collection shows it.',
    });
  }
  // RFC 3986: what encodeURIComponent leaves as it is and some servers read otherwise.
  return encodeURIComponent(part).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
