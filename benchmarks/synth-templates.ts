import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Texts } from './synth-texts.js';

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
type Json = any;

/** A template, and how large it is. */
export interface SynthesisedTemplate {
  readonly template: Json;
  /** Bytes of the file, as it is uploaded. */
  readonly bytes: number;
  readonly resources: number;
}

/** The only template of an app. */
export function templateIn(folder: string, stack: string): SynthesisedTemplate {
  const text = readFileSync(join(folder, `${stack}.template.json`), 'utf8');
  const template = JSON.parse(text);
  return { template, bytes: Buffer.byteLength(text), resources: Object.keys(template.Resources).length };
}

/** The texts in a template of the library. */
export function textsIn({ Resources }: Json): Texts {
  const all = Object.entries<Json>(Resources);
  const of = (type: string) => all.filter(([, { Type }]) => Type === type);
  const idOf = (type: string, prefix: string) => of(type).find(([id]) => id.startsWith(prefix))?.[0] ?? '';
  const [group = ''] = of('AWS::AutoScaling::AutoScalingGroup').map(([id]) => id);
  const names: Readonly<Record<string, string>> = {
    [idOf('AWS::Logs::LogGroup', 'Ec2')]: 'logGroup',
    [idOf('AWS::SecretsManager::Secret', 'Ec2')]: 'stateKey',
    [idOf('AWS::DynamoDB::Table', 'Ec2')]: 'ledger',
    'AWS::StackName': 'stack',
  };
  const [, launchTemplate] = of('AWS::EC2::LaunchTemplate')[0] ?? [];
  const parts: Json[] = launchTemplate?.Properties.LaunchTemplateData.UserData['Fn::Base64']['Fn::Join'][1];
  const text = parts.map((part) => (typeof part === 'string' ? part : `‹${names[part.Ref]}›`)).join('');
  const queries = of('AWS::Logs::QueryDefinition').filter(([id]) => id.startsWith('Ecs'));
  return {
    userData: text.replace(group, '‹group›'),
    queries: queries.map(([, { Properties }]) => ({ name: Properties.Name.split('/').at(-1), text: Properties.QueryString })),
  };
}

/** Throws unless two templates say the same, whatever the logical ids are, and names that the CDK derives from a construct's path. */
export function assertEqual(ours: Json, theirs: Json): void {
  const [one, other] = [described(ours), described(theirs)];
  if (isDeepStrictEqual(one, other)) return;
  const only = (left: readonly string[], right: readonly string[]) => left.filter((text) => !right.includes(text)).join('\n');
  throw new Error(`the templates differ; only with the library:\n${only(one, other)}\nonly by hand:\n${only(other, one)}`);
}

const SECTIONS = ['Resources', 'Parameters', 'Outputs', 'Rules', 'Conditions', 'Mappings'];
/** References to references … of this depth tell any two elements of these templates apart. */
const ROUNDS = 4;

/** Each element as text, ids in it replaced by what they stand for, in an order that ids have no influence on. */
function described(template: Json): string[] {
  const elements = SECTIONS.flatMap((section) =>
    Object.entries<Json>(template[section] ?? {}).map(([id, { DependsOn = [], ...element }]) => ({
      id,
      text: `${section} ${plain(element)}`,
      needs: [DependsOn].flat() as string[],
    })),
  );
  const pattern = new RegExp(`\\b(${elements.map(({ id }) => id).join('|')})\\b`, 'g');
  let labels = new Map(elements.map(({ id }) => [id, 'an element']));
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = elements.map(({ id, text, needs }): [string, string] => {
      const named = text.replace(pattern, (found) => `‹${labels.get(found)}›`);
      const whole = [named, ...needs.map((need) => labels.get(need)).sort()].join('\n  needs ');
      return [id, round === ROUNDS - 1 ? whole : shortened(whole)];
    });
    labels = new Map(next);
  }
  return [...labels.values()].sort();
}

/** An element without what the CDK derives from the path of its construct. */
function plain(element: Json): string {
  const text = JSON.stringify(element, (key, value) => (key === 'Family' || key === 'PolicyName' ? 'derived' : value));
  return text.replaceAll(/aws\.cdk\.eks\/prune-[0-9a-f]+/g, 'derived');
}

function shortened(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
