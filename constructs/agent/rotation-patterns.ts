import { ArnFormat, Stack, Token } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { NameRule } from '../../contract/name-rules';
import { checkedSetting, invalidSetting } from '../checks/setting-check';
import type { RotationEventsProps } from './rotation-events';

/** A rule to be made. */
interface RotationPattern {
  readonly id: string;
  readonly description: string;
  readonly eventPattern: events.EventPattern;
}

/** How one field of an event says which secret it is about: an exact text or the beginning of one. */
type Matches = (string | { readonly prefix: string })[];

/** Which secrets a rule is for, by the fields that name them. */
interface Subjects {
  /** Name alone. */
  readonly names: Matches;
  /** Name, ARN, or ARN without its six random characters: what a caller may say. */
  readonly ids: Matches;
  /** Whole ARN. */
  readonly arns: Matches;
}

const SECRET_NAME_PREFIX: NameRule = {
  pattern: '^[A-Za-z0-9/_+=.@-]+$',
  maxLength: 400,
  allowed: '1 to 400 letters, digits and /_+=.@-',
  fix: 'Write how the names begin, such as prod/.',
};

/** Calls after which a secret's value may be another one, or none. A rotation function's calls are among them. */
const CALLS = ['PutSecretValue', 'UpdateSecret', 'UpdateSecretVersionStage', 'DeleteSecret', 'RestoreSecret'];

/** What becomes of a rotation, which no caller asks for: told as an event of the service, by some accounts as a call. */
const ROTATIONS = ['RotationSucceeded', 'RotationFailed'];

/** A pattern has 2048 characters at most: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const PATTERN_ROOM = 1_500;
/** A name stands in a pattern three times, two of them in an ARN. */
const charactersOf = (name: string) => (Token.isUnresolved(name) ? 400 : 3 * name.length + 200);

/** The patterns of the rules, as narrow as EventBridge allows. */
export function rotationPatterns(scope: Construct, { secrets = [], secretNamePrefix }: RotationEventsProps): RotationPattern[] {
  if (secrets.length === 0 && secretNamePrefix === undefined) {
    throw invalidSetting(scope, 'secrets', 'empty', 'secrets, secretNamePrefix, or both', 'Say whose changes are to be told.');
  }
  for (const [index, secret] of secrets.entries()) checkPlace(scope, `secrets[${index}]`, secret);
  const subjects = groups(secrets.map(({ secretName }) => secretName)).map((names) => subjectsOf(scope, names));
  if (secretNamePrefix !== undefined) {
    subjects.push(subjectsUnder(scope, checkedSetting(scope, 'secretNamePrefix', secretNamePrefix, SECRET_NAME_PREFIX)));
  }
  return subjects.flatMap((each, index) => patternsOf(each, index === 0 ? '' : String(index + 1)));
}

function patternsOf({ names, ids, arns }: Subjects, suffix: string): RotationPattern[] {
  const source = ['aws.secretsmanager'];
  const eventSource = ['secretsmanager.amazonaws.com'];
  return [
    {
      id: `Values${suffix}`,
      description: 'Secret agent: secrets have a new value',
      eventPattern: { source, detailType: ['Secret Label Updated'], detail: { labelUpdated: ['AWSCURRENT'], name: names } },
    },
    {
      id: `Calls${suffix}`,
      description: 'Secret agent: secrets were changed, deleted or restored',
      eventPattern: {
        source,
        detailType: ['AWS API Call via CloudTrail'],
        // Refused calls are logged too.
        detail: { eventSource, eventName: CALLS, errorCode: [{ exists: false }], requestParameters: { secretId: ids } },
      },
    },
    {
      id: `Rotations${suffix}`,
      description: 'Secret agent: secrets were rotated, or could not be',
      eventPattern: {
        source,
        detailType: ['AWS Service Event via CloudTrail', 'AWS API Call via CloudTrail'],
        detail: { eventSource, eventName: ROTATIONS, additionalEventData: { SecretId: arns } },
      },
    },
  ];
}

function subjectsOf(scope: Construct, names: readonly string[]): Subjects {
  const arns = names.map((name) => arnOf(scope, name));
  // Six random characters follow.
  const complete = arns.map((arn) => ({ prefix: `${arn}-` }));
  return { names: [...names], ids: [...names, ...arns, ...complete], arns: complete };
}

function subjectsUnder(scope: Construct, prefix: string): Subjects {
  const arns = [{ prefix: arnOf(scope, prefix) }];
  return { names: [{ prefix }], ids: [{ prefix }, ...arns], arns };
}

function arnOf(scope: Construct, name: string): string {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
  return Stack.of(scope).formatArn({ service: 'secretsmanager', resource: 'secret', resourceName: name, arnFormat });
}

/** Names in groups, of which each fits into one pattern. */
function groups(names: readonly string[]): string[][] {
  const all: string[][] = [];
  let room = 0;
  for (const name of names) {
    room -= charactersOf(name);
    const last = all.at(-1);
    if (last !== undefined && room >= 0) {
      last.push(name);
    } else {
      all.push([name]);
      room = PATTERN_ROOM - charactersOf(name);
    }
  }
  return all;
}

/** Events are told in the account and the region of their secret only. */
function checkPlace(scope: Construct, setting: string, { env, secretArn }: secretsmanager.ISecret): void {
  const { account, region } = Stack.of(scope);
  const elsewhere = (one: string, other: string) => !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
  if (elsewhere(env.account, account) || elsewhere(env.region, region)) {
    const fix = 'Make a RotationEvents there; an agent reads a queue of another region by rotation.events.region.';
    throw invalidSetting(scope, setting, secretArn, `a secret of account ${account} in ${region}`, fix);
  }
}
