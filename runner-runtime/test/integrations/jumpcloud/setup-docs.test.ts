import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { declaration } from '../../../src/integrations/jumpcloud/declaration.js';
import { secretSchema } from '../../../src/integrations/jumpcloud/secret.js';

const DOCS = new URL('../../../../docs/integrations/jumpcloud.md', import.meta.url);

describe('docs/integrations/jumpcloud.md', () => {
  it('names every permission, kind of target and check', async () => {
    const firstCells = [...(await readFile(DOCS, 'utf8')).matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
    const named = [...declaration.checks, ...declaration.permissions].map(({ name }) => name);
    expect(firstCells).toEqual(expect.arrayContaining([...named, ...declaration.targets.map(({ kind }) => kind)]));
  });

  it('shows a secret that works as it is', async () => {
    const command = /--secret-string '(.*)'$/m.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
    expect(secretSchema.parse(JSON.parse(command))).toEqual({
      key: '834tu90egmer80gjae80gahjrv80aehp98aerg',
      base: 'https://console.jumpcloud.com',
    });
  });
});
