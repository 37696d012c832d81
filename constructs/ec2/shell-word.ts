/** A text as one word of a shell. Tokens pass unseen; a rule must have kept quotes out of what they stand for. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
