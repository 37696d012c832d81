import { readFileSync } from 'node:fs';

/** A secret as a command of the published guide creates it. */
export interface PublishedSecret {
  readonly name: string;
  readonly value: string;
}

/** Name and value in the published `aws secretsmanager create-secret` command for one kind of system. */
export function publishedSecret(type: string): PublishedSecret {
  const commands = JSON.parse(readFileSync(new URL('../../fixtures/published-create-secret-commands.json', import.meta.url), 'utf8'));
  const [, name, value] = /--name "([^"]+)" --secret-string '(.+)'$/s.exec(commands[type]) ?? [];
  if (name === undefined || value === undefined) {
    throw new Error(`the guide's command for ${type} has no name or no value`);
  }
  return { name, value };
}
