import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SecretValue } from 'aws-cdk-lib';
import { IntegrationSecret } from '../../../constructs';
import { SECRET_TYPES, type SecretField } from '../../../contract/secrets';
import { aStackWith, FACTORIES, type Factory, optionOf, theFieldsIn, theSecretIn } from '../../support/integration-secrets';
import { refusalOf, templateOf } from '../../support/synth';

const published: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/published-create-secret-commands.json'), 'utf8'),
);

function factoryOf(type: string): Factory {
  const found = FACTORIES[type];
  if (found === undefined) throw new Error(`no factory for ${type}`);
  return found;
}

const TYPES = SECRET_TYPES.map(({ type, fields }) => [type, fields, factoryOf(type)] as const);
const ID = 'some-id';

it('has one factory for each type of the catalogue, and no other', () => {
  const methods = Object.getOwnPropertyNames(IntegrationSecret).filter(
    (name) => typeof Reflect.get(IntegrationSecret, name) === 'function' && name !== 'fromIntegrationSecretAttributes',
  );
  expect(methods.sort()).toEqual(TYPES.map(([, , { name }]) => name).sort());
});

describe.each(TYPES)('%s', (type, fields, factory) => {
  const namesOf = (some: readonly SecretField[]) => some.map(({ name }) => name);

  it('has the exact name', () => {
    expect(theSecretIn(aStackWith(factory, ID))).toHaveProperty('Name', `axiom-security/${type}/${ID}`);
  });

  it('sets every field of the catalogue, in its order', () => {
    expect(Object.keys(theFieldsIn(aStackWith(factory, ID, factory.everySetting)))).toEqual(namesOf(fields));
  });

  it('passes on each setting', () => {
    const values = Object.values(theFieldsIn(aStackWith(factory, ID, factory.everySetting)));
    const given = Object.entries(factory.everySetting).map(([setting, value]) =>
      factory.secrets.includes(setting) ? `{{resolve:secretsmanager:source:SecretString:${setting}::}}` : String(value),
    );
    expect(values).toEqual(expect.arrayContaining(given));
  });

  it('calls those settings secret that the catalogue calls secret', () => {
    const secret = fields.filter((field) => field.secret === true);
    const written = theFieldsIn(aStackWith(factory, ID, factory.everySetting));
    expect(Object.keys(written).filter((name) => written[name]?.startsWith('{{resolve:'))).toEqual(namesOf(secret));
  });

  it('leaves out optional fields that are not set, and refuses without any other', () => {
    const written = Object.keys(theFieldsIn(aStackWith(factory, ID, leastSettings(factory))));
    expect(written).toEqual(namesOf(fields.filter(({ optional }) => optional !== true)));
  });

  it('has the id of the system in the fields in which the published command has it', () => {
    const id = optionOf(published[type] ?? '', '--name').slice(`axiom-security/${type}/`.length);
    const given: Record<string, string> = JSON.parse(optionOf(published[type] ?? '', '--secret-string'));
    const written = theFieldsIn(aStackWith(factory, ID, leastSettings(factory)));
    const holding = (object: Readonly<Record<string, string>>, value: string) =>
      Object.keys(object).filter((name) => object[name] === value);
    expect(holding(written, ID)).toEqual(holding(given, id));
  });

  it('has the name and the fields of the published command', () => {
    const command = published[type] ?? '';
    const name = optionOf(command, '--name');
    const id = name.slice(`axiom-security/${type}/`.length).replace(/[<>]/g, '');
    const given = Object.keys(JSON.parse(optionOf(command, '--secret-string')));
    const stack = aStackWith(factory, id, factory.everySetting);
    expect(theSecretIn(stack)['Name']).toBe(name.replace(/[<>]/g, ''));
    expect(Object.keys(theFieldsIn(stack))).toEqual(expect.arrayContaining(given));
  });

  it('prints a command that fills the empty secret with every required field', () => {
    const [output] = Object.values(templateOf(aStackWith(factory, ID)).findOutputs('*'));
    const command = String(output?.['Value']['Fn::Join'][1].at(-1));
    expect(command).toContain(` --secret-id axiom-security/${type}/${ID} `);
    const shown: Record<string, string> = JSON.parse(optionOf(command, '--secret-string'));
    expect(Object.keys(shown)).toEqual(namesOf(fields.filter(({ optional }) => optional !== true)));
    for (const { name, secret } of fields) if (secret === true) expect(shown[name]).toMatch(/^<.+>$/);
  });

  it('refuses each secret setting as plain text, and does not repeat it', () => {
    const canary = 'canary-5b1f';
    for (const setting of factory.secrets) {
      for (const plain of [canary, SecretValue.unsafePlainText(canary)]) {
        const refusal = refusalOf(() => aStackWith(factory, ID, { ...factory.everySetting, [setting]: plain }));
        expect(refusal).toMatch(new RegExp(`^\\[Stack/Secret\\] credentials\\.${setting} is .*\\. Allowed: a SecretValue that refers`));
        expect(refusal).not.toContain(canary);
      }
    }
  });
});

/** The settings without which the factory refuses to make a secret that is not empty. */
function leastSettings(factory: Factory): Readonly<Record<string, unknown>> {
  const isNeeded = (setting: string) => {
    const { [setting]: _, ...rest } = factory.everySetting;
    try {
      aStackWith(factory, ID, rest);
      return false;
    } catch {
      return true;
    }
  };
  return Object.fromEntries(Object.entries(factory.everySetting).filter(([setting]) => isNeeded(setting)));
}
