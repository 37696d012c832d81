import { SETTINGS, type Setting } from './setting-table';

/** JSON Schema (draft 2020-12) of the settings file, so that an editor completes and checks it. */
export function settingsSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Settings of the Axiom Runner app',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      ...Object.fromEntries(Object.entries(SETTINGS).map(([name, setting]) => [name, propertySchema(setting)])),
    },
  };
}

function propertySchema({ kind, rule, meaning, hosts }: Setting): object {
  const description = `${meaning} For host ${hosts.join(', ')}.`;
  const text = { type: 'string', minLength: rule?.minLength ?? 1, maxLength: rule?.maxLength, pattern: rule?.pattern };
  switch (kind) {
    case 'number':
      return { description, type: 'integer', minimum: 0 };
    case 'flag':
      return { description, type: 'boolean' };
    case 'list':
      return { description, type: 'array', minItems: 1, items: text };
    default:
      return { description, ...text };
  }
}
