import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AGENT_AUDIT_ACTIONS, AGENT_ENVIRONMENT, AGENT_PROBLEMS } from '../../contract/agent';
import { ENVIRONMENT } from '../../contract/environment';
import { ERROR_CODES } from '../../contract/error-codes';
import * as exitCodes from '../../contract/exit-codes';
import { REVERT_STEP } from '../../contract/log-fields';
import { METRICS } from '../../contract/metrics';
import { SECRET_TYPES } from '../../contract/secrets';
import { headings, inCell, ROOT, readPage, section, tableAfter } from './support/markdown';

interface Schema {
  readonly properties: Readonly<Record<string, { readonly const?: string; readonly oneOf?: readonly Schema[] }>>;
  readonly required: readonly string[];
}

const schema = (name: string) => JSON.parse(readPage(`docs/protocol/${name}.schema.json`));
const source = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** `` `system`? `` for a property that may be absent. */
function fieldsOf({ properties, required }: Schema, leftOut: readonly string[]): string[] {
  return Object.keys(properties)
    .filter((name) => !leftOut.includes(name))
    .map((name) => `\`${name}\`${required.includes(name) ? '' : '?'}`);
}

describe('docs/configuration.md', () => {
  it('lists every variable of the contract in its order, with its default and meaning', () => {
    expect(tableAfter(readPage('docs/configuration.md'), '<!-- environment:')).toEqual(
      ENVIRONMENT.map(({ name, required, defaultValue, published, meaning }) => [
        `\`${name}\``,
        required ? '**required**' : defaultValue === undefined ? '' : `\`${defaultValue}\``,
        published ? 'yes' : '',
        inCell(meaning),
      ]),
    );
  });
});

/** Names of the fields that interfaces declare. */
const fieldsIn = (text: string) => [...text.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => match[1]);

describe('docs/running.md', () => {
  const page = readPage('docs/running.md');

  it('lists every metric of the contract', () => {
    expect(tableAfter(page, '<!-- metrics:')).toEqual(
      METRICS.map(({ cloudWatch, unit, prometheus, meaning }) => [`\`${cloudWatch}\``, unit, `\`${prometheus}\``, inCell(meaning)]),
    );
  });

  it('lists every exit code of the contract', () => {
    expect(tableAfter(page, '<!-- exit codes:').map(([code, name]) => [name, code])).toEqual(
      Object.entries(exitCodes)
        .sort(([, one], [, other]) => one - other)
        .map(([name, code]) => [`\`${name}\``, String(code)]),
    );
  });

  it('names every field of a step record', () => {
    const [ofSteps = '', ofEnds = ''] = source('runner-runtime/src/audit/step-record.ts').split('export interface EndRecord');
    const declared = fieldsIn(ofSteps);
    for (const field of fieldsIn(ofEnds)) if (field !== 'subject') expect(page.split('"access.end"')[1]).toContain(`\`${field}\``);
    const wanted = [...declared.filter((name) => name !== 'subject'), 'outcome'];
    expect(
      tableAfter(page, '### Step records')
        .map(([field]) => field)
        .sort(),
    ).toEqual(wanted.map((name) => `\`${name}\``).sort());
  });

  it('names every step', () => {
    const activities = source('runner-runtime/src/tasks/activities.ts').replaceAll('REVERT_STEP', `'${REVERT_STEP}'`);
    const steps = [...activities.matchAll(/(?:reading|changing)\('(\w+)'/g)].map((match) => match[1]);
    const [[, described = ''] = []] = tableAfter(page, '### Step records').filter(([field]) => field === '`step`');
    expect(described.split(', ')).toEqual(steps.map((name) => `\`${name}\``));
  });
});

describe('docs/protocol.md', () => {
  const page = readPage('docs/protocol.md');

  it('lists every task with its fields', () => {
    const tasks: readonly Schema[] = schema('task').properties.task.oneOf;
    expect(
      tableAfter(page, '<!-- task types:')
        .map(([type, fields = '']) => [type, fields.split(', ').sort()])
        .sort(),
    ).toEqual(tasks.map((task) => [`\`${task.properties['type']?.const}\``, fieldsOf(task, ['type']).sort()]).sort());
  });

  const stages: readonly Schema[] = schema('result').oneOf;
  const common = ['schemaVersion', 'resultId', 'requestId', 'tenantId', 'runnerGroupId', 'type', 'system', 'stage'];

  it.each(stages.map((stage) => [stage.properties['stage']?.const ?? '', stage] as const))(
    'lists the fields of the stage %s',
    (name, stage) => {
      const described = tableAfter(`${section(page, `\`${name}\``)}\n`, '').map(([field]) => field);
      expect(described).toEqual(fieldsOf(stage, common));
    },
  );

  it('has no other stages', () => {
    const described = headings(page).filter((heading) => /^`.*`$/.test(heading));
    expect(described.sort()).toEqual(stages.map((stage) => `\`${stage.properties['stage']?.const}\``).sort());
  });

  it('lists the common fields', () => {
    expect(
      tableAfter(page, 'Common fields:')
        .flatMap(([field = '']) => field.replaceAll(/[`?]/g, '').split(', '))
        .sort(),
    ).toEqual([...common].sort());
  });
});

describe('docs/troubleshooting.md', () => {
  const page = readPage('docs/troubleshooting.md');

  it.each(ERROR_CODES.map((entry) => [entry.code, entry] as const))('has a section for %s that says what it means', (code, entry) => {
    const [meaning] = section(page, `\`${code}\``).trim().split('\n');
    expect(meaning).toBe(`${entry.meaning} Tried again by itself: ${entry.retryable ? 'yes' : 'no'}.`);
  });

  it('has a section for every code of the control plane, and for no other code', () => {
    const kinds = /readonly kind: ((?:'\w+'(?: \| )?)+)/.exec(source('runner-runtime/src/tasks/connection.ts'))?.[1] ?? '';
    const codes = [...kinds.matchAll(/'(\w+)'/g)].map((kind) => `CONTROL_PLANE_${kind[1]?.toUpperCase()}`);
    expect(codes.length).toBeGreaterThan(0);
    const described = headings(page).filter((heading) => /^`[A-Z_]+`$/.test(heading));
    expect(described.sort()).toEqual([...codes, ...ERROR_CODES.map(({ code }) => code)].map((code) => `\`${code}\``).sort());
  });
});

describe('docs/integrations/README.md', () => {
  const page = readPage('docs/integrations/README.md');

  it('lists the integrations that there are', () => {
    const loaders = [...source('runner-runtime/src/integrations/catalogue.ts').matchAll(/^ {2}(\w+): async \(\) =>/gm)].map(
      (match) => match[1],
    );
    const listed = tableAfter(page, '# Integrations').map(([type]) => type);
    expect(listed).toEqual(loaders.map((type) => `\`${type}\``));
    expect(SECRET_TYPES.map(({ type }) => `\`${type}\``)).toEqual(expect.arrayContaining(listed));
  });

  it('lists every member of the interface', () => {
    const [, members = ''] =
      /export interface Integration<Secret, State> \{(.*?)^\}/ms.exec(source('runner-runtime/src/integrations/integration.ts')) ?? [];
    const declared = [...members.matchAll(/^ {2}(?:readonly )?(\w+)[:(]/gm)].map((member) => `\`${member[1]}\``);
    expect(tableAfter(page, '## The shape').map(([member]) => member)).toEqual(declared);
  });
});

describe('pages of the secret agent', () => {
  it('list every problem of the contract, in its order, with meaning and mend', () => {
    expect(tableAfter(readPage('docs/agent.md'), '<!-- problems:')).toEqual(
      AGENT_PROBLEMS.map(({ code, status, meaning, mend }) => [`\`${code}\``, String(status), inCell(meaning), inCell(mend)]),
    );
  });

  it('have causes for every problem', () => {
    const causes = tableAfter(readPage('docs/troubleshooting.md'), '<!-- codes of the agent:');
    expect(causes.map(([code]) => code)).toEqual(AGENT_PROBLEMS.map(({ code }) => `\`${code}\``));
  });

  it('have causes for every failure of a hook', () => {
    const [, declared = ''] = /type HookFailureCode =(.*?);/s.exec(source('runner-runtime/src/agent/rotation/hooks/hook-failure.ts')) ?? [];
    const codes = [...declared.matchAll(/'(\w+)'/g)].map((match) => match[1]);
    expect(codes.length).toBeGreaterThan(0);
    const causes = section(readPage('docs/troubleshooting.md'), 'A rotation does not arrive');
    expect(codes.filter((code) => !causes.includes(`\`${code}\``))).toEqual([]);
  });

  it('list every variable of the contract', () => {
    const listed = tableAfter(readPage('docs/agent-configuration.md'), '<!-- environment:').map(([name]) => name);
    expect(listed.sort()).toEqual(
      Object.values(AGENT_ENVIRONMENT)
        .map((name) => `\`${name}\``)
        .sort(),
    );
  });

  it('list every field and every action of a record', () => {
    const page = readPage('docs/agent-audit.md');
    const declared = fieldsIn(source('runner-runtime/src/audit/trail/audit-trail.ts').split('/** Called when')[0] ?? '');
    expect(
      tableAfter(page, '<!-- fields:')
        .map(([field]) => field)
        .sort(),
    ).toEqual(declared.map((name) => `\`${name}\``).sort());
    expect(tableAfter(page, '<!-- actions:').map(([action]) => action)).toEqual(AGENT_AUDIT_ACTIONS.map((action) => `\`${action}\``));
  });
});
