import { SECRET_TYPES } from '../../../contract/secrets';
import { readPage, tableAfter } from '../../docs/support/markdown';
import { aStackWith, FACTORIES, type Factory } from '../../support/integration-secrets';

/** `` `name` `` of a setting, with a question mark when it may be left out. */
function shown(factory: Factory, setting: string): string {
  const { [setting]: _, ...rest } = factory.everySetting;
  let isOptional = true;
  try {
    aStackWith(factory, 'some-id', rest);
  } catch {
    isOptional = false;
  }
  return `\`${setting}\`${isOptional ? '?' : ''}`;
}

it('docs/integration-secrets.md lists every factory with its id and its settings', () => {
  const rows = SECRET_TYPES.map(({ type, id }) => {
    const factory = FACTORIES[type];
    if (factory === undefined) throw new Error(`no factory for ${type}`);
    const settings = Object.keys(factory.everySetting);
    const secret = settings.filter((setting) => factory.secrets.includes(setting));
    const plain = settings.filter((setting) => !factory.secrets.includes(setting));
    const cell = (names: readonly string[]) => names.map((setting) => shown(factory, setting)).join(', ');
    return [`\`${factory.name}\``, `\`${type}\``, id, cell(secret), cell(plain)];
  });
  expect(tableAfter(readPage('docs/integration-secrets.md'), '## Credentials')).toEqual(rows);
});
