import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { declaration } from '../../../src/integrations/azuread/declaration.js';
import { secretSchema } from '../../../src/integrations/azuread/secret.js';
import { PERMISSIONS } from './tenant.js';

const DOCS = new URL('../../../../docs/integrations/azuread.md', import.meta.url);
const FIELDS = { azuread_tenant_id: 'contoso.com', azuread_client_id: 'client', azuread_client_secret: 'secret' };

describe('the secret of Microsoft Entra ID', () => {
  it.each([
    [undefined, 'https://graph.microsoft.com', 'https://login.microsoftonline.com'],
    ['https://graph.microsoft.com/v1.0/', 'https://graph.microsoft.com', 'https://login.microsoftonline.com'],
    ['https://graph.microsoft.us', 'https://graph.microsoft.us', 'https://login.microsoftonline.us'],
    ['https://dod-graph.microsoft.us', 'https://dod-graph.microsoft.us', 'https://login.microsoftonline.us'],
    ['https://microsoftgraph.chinacloudapi.cn', 'https://microsoftgraph.chinacloudapi.cn', 'https://login.partner.microsoftonline.cn'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ])('leads api_base_url %s to the sign-in of its cloud', (endpoint, graph, login) => {
    const fields = endpoint === undefined ? FIELDS : { ...FIELDS, api_base_url: endpoint };
    expect(secretSchema.parse(fields).cloud).toEqual({ graph, login });
  });

  it.each([
    'https://graph.microsoft.com.evil.example.com',
    'https://graph.example.com',
    'http://graph.microsoft.com',
    'https://127.0.0.1.example.com',
  ])('is not sent to %s', (endpoint) => {
    expect(secretSchema.safeParse({ ...FIELDS, api_base_url: endpoint }).success).toBe(false);
  });
});

describe('docs/integrations/azuread.md', () => {
  it('names every kind of target, permission of the runner and check', async () => {
    const text = await readFile(DOCS, 'utf8');
    const firstCells = [...text.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
    for (const { name } of declaration.checks) expect(firstCells).toContain(name);
    for (const { kind } of declaration.targets) expect(text).toMatch(new RegExp(`${kind} \`\\["`));
    for (const permission of PERMISSIONS) expect(text).toContain(`\`${permission}\``);
  });

  it('shows a secret that works as it is', async () => {
    const command = /--secret-string '(.*)'$/m.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
    expect(secretSchema.parse(JSON.parse(command))).toMatchObject({ tenant: 'isrghj8-n2fq7i3gf-gu643-b7afu4' });
  });
});
