import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { declaration } from '../../../src/integrations/googleworkspace/declaration.js';
import { SCOPES } from '../../../src/integrations/googleworkspace/scopes.js';
import { secretSchema } from '../../../src/integrations/googleworkspace/secret.js';
import { newKey, pem } from '../../support/fake-vendor/googleworkspace/fake-workspace.js';

const DOCS = new URL('../../../../docs/integrations/googleworkspace.md', import.meta.url);

describe('docs/integrations/googleworkspace.md', () => {
  it('names every permission, kind of target and check', async () => {
    const text = await readFile(DOCS, 'utf8');
    const firstCells = [...text.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
    const named = [...declaration.checks, ...declaration.permissions].map(({ name }) => name).filter((name) => name !== '*');
    expect(firstCells).toEqual(expect.arrayContaining([...named, ...declaration.targets.map(({ kind }) => kind)]));
  });

  it('tells to delegate every scope that the runner asks for, and no other', async () => {
    const pasted = /^```text\n(.*)\n```$/m.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
    expect(pasted.split(',').sort()).toEqual(Object.values(SCOPES).sort());
  });

  it('shows a secret of which only the key is no key', async () => {
    const command = /--secret-string '(.*)'$/m.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
    const fields = JSON.parse(command) as Record<string, string>;
    expect(secretSchema.safeParse(fields).error?.issues.map(({ path }) => path)).toEqual([['private_key']]);
    expect(secretSchema.parse({ ...fields, private_key: pem(newKey()).replaceAll('\n', '\\n') })).toMatchObject({
      customerId: 'J8947jdfh154',
    });
  });
});
