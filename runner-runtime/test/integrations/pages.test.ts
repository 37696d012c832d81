import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { SECRET_TYPES } from '../../../contract/secrets.js';
import { INTEGRATION_TYPES, loadIntegration } from '../../src/integrations/catalogue.js';
import { SYSTEMS } from './systems.js';

const DOCS = join(import.meta.dirname, '../../../docs/integrations');

it('every integration has a system in the list that it is tried on', () => {
  expect(SYSTEMS.map(({ type }) => type).sort()).toEqual([...INTEGRATION_TYPES].sort());
});

it('every integration has a secret in the catalogue', () => {
  expect(SECRET_TYPES.map(({ type }) => type)).toEqual(expect.arrayContaining([...INTEGRATION_TYPES]));
});

describe.each(INTEGRATION_TYPES)('the page of %s', (type) => {
  const path = join(DOCS, `${type}.md`);
  const page = existsSync(path) ? readFileSync(path, 'utf8') : '';

  it('names every permission, target, principal and check that the integration declares', async () => {
    const { declaration } = await loadIntegration(type);
    const { permissions, targets, principals, checks } = declaration;
    const names = [...permissions.map(({ name }) => name), ...checks.map(({ name }) => name)].map((name) => `\`${name}\``);
    const kinds = [...targets.map(({ kind }) => kind), ...principals.map(({ kind }) => kind)];
    expect([...names, ...kinds].filter((name) => !page.includes(name))).toEqual([]);
  });

  it('shows how its secret is created, with every field that it needs', () => {
    const { fields } = SECRET_TYPES.find((entry) => entry.type === type) ?? { fields: [] };
    const needed = fields.filter(({ optional }) => optional !== true).map(({ name }) => name);
    const isKeyFile = needed.includes('client_email');
    expect(page).toContain(`axiom-security/${type}/`);
    expect(page).toContain('aws secretsmanager create-secret');
    // A key file is passed on as it is.
    expect(isKeyFile ? [] : needed.filter((name) => !page.includes(name))).toEqual([]);
  });

  it('says how little the runner needs on the side of the vendor, and what the limits are', () => {
    expect(page).toMatch(/^## Set up$/m);
    expect(page).toMatch(/^## Checks/m);
    expect(page).toMatch(/^## Limits/m);
  });
});
