import { Duration } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import { RunnerLogLevel, type RunnerSettings } from '../../../constructs';
import { ACCOUNT } from '../../support/synth';

/** A runner as somebody wants it, before any host renders it. */
export interface WantedRunner {
  readonly settings: RunnerSettings;
  /** Whether the host passes the API key in a variable, as the published image needs it, or names the secret. */
  readonly keyByVariable: boolean;
  readonly apiKeySecretArn: string;
  readonly stateKey: { readonly arn: string; readonly madeByHost: boolean };
  readonly ledgerTable?: string;
  readonly proxyRole?: { readonly arn: string; readonly externalId: string };
}

const LETTERS = [...'abcXYZ019'];
/** Printable and no letter; neither a backslash, which no env file can carry, nor a blank. */
const MARKS = [...'$(){}[]<>=#"\',;:!?%&*+-._`|~^@'];

/** What env files carry: no blank at an end, and neither a quote nor # at the beginning. */
const isCarried = (text: string) => !/^[\s"'#]|\s$/.test(text);
const word = (units: readonly string[], maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...LETTERS, ...units), minLength: 1, maxLength }).filter(isCarried);

/** Texts that YAML, shells and Helm like to read as something else. */
const MISTAKABLE = ['0012', '007', '1e3', '0x1F', '1_000', 'null', 'true', 'off', '~', '$(TENANT_ID)', '$$', '12345678901234567890', 'a,b'];
const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 15 });
const id = fc.oneof(digits, fc.uuid(), fc.constantFrom(...MISTAKABLE), word(MARKS, 30));
const region = fc.constantFrom('eu-central-1', 'us-gov-west-1', 'ap-southeast-2');
const host = fc.constantFrom('proxy.example.com', '10.0.0.7', 'db-1.example.com', '.example.com', '*.internal');

/** A JWK set, as somebody's editor has laid it out. */
const keySet = fc
  .array(fc.record({ kid: word([...'$(){}=#;:,. '], 20), x: fc.base64String({ minLength: 40, maxLength: 44 }) }), {
    minLength: 1,
    maxLength: 3,
  })
  .chain((keys) => fc.constantFrom(undefined, 2).map((indent) => ({ keys, indent })))
  .map(({ keys, indent }) => JSON.stringify({ keys: keys.map((key) => ({ kty: 'OKP', crv: 'Ed25519', ...key })) }, undefined, indent));

/** Text of many lines, with anything in them. */
const lines = fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { maxLength: 20 });
const policy = fc
  .tuple(lines, fc.constantFrom('\n', '\r\n'))
  .map(([comments, end]) => [...comments.map((text) => `// ${text}`), 'permit (', '  principal == User::"a\\b"', ');', ''].join(end));
const certificates = fc
  .tuple(fc.array(fc.base64String({ minLength: 64, maxLength: 64 }), { minLength: 3, maxLength: 25 }), fc.constantFrom('\n', '\r\n'))
  .map(([body, end]) => ['-----BEGIN CERTIFICATE-----', ...body, '-----END CERTIFICATE-----', ''].join(end));

/** Variables that no property sets: of the contract, of the AWS SDK, and of anybody. */
const furtherVariables = fc
  .tuple(
    fc.record({ RUNNER_HEALTH_ADDRESS: fc.constant('127.0.0.1:9911'), AXIOM_TLS: fc.constant('on') }, { requiredKeys: [] }),
    fc.dictionary(
      fc.constantFrom('AWS_STS_REGIONAL_ENDPOINTS', 'TZ', 'X_ONE', 'x_two', '_THREE'),
      fc.oneof(fc.constant(''), fc.constantFrom(...MISTAKABLE), word([...MARKS, ' '], 40), word([...MARKS, ' '], 900)),
      { maxKeys: 4 },
    ),
  )
  .map(([known, others]) => ({ ...known, ...others }));

const settings: fc.Arbitrary<RunnerSettings> = fc.record(
  {
    tenantId: id,
    runnerGroupId: id,
    controlPlaneAddress: fc.constantFrom('temporal.example.com:7233', '[2001:db8::1]:443', '10.1.2.3:65535'),
    temporalNamespace: word([...MARKS, '/'], 20),
    taskQueue: id,
    resultTaskQueue: word(MARKS, 20),
    resultActivityName: word(MARKS, 20),
    secretStoreRegion: region,
    taskVerificationKey: keySet,
    recipientKeys: keySet,
    maxAccessDuration: fc.integer({ min: 1, max: 1_000_000 }).map((seconds) => Duration.seconds(seconds)),
    allowed: fc.array(fc.constantFrom('postgresql/db.example.com', 'okta/dev-1:read=$(x)', 'aws/111122223333'), {
      minLength: 1,
      maxLength: 3,
    }),
    policy,
    maxConcurrentTasks: fc.integer({ min: 1, max: 1000 }),
    logLevel: fc.constantFrom(...Object.values(RunnerLogLevel)),
    httpsProxy: fc.constantFrom('http://proxy.example.com:3128', 'http://10.0.0.7', 'http://[2001:db8::2]:8080/'),
    noProxy: fc.array(host, { maxLength: 4 }),
    caCertificates: certificates,
    environment: furtherVariables,
  },
  { requiredKeys: ['tenantId', 'runnerGroupId'] },
);

const secretArn = fc
  .stringMatching(/^[a-z]{1,8}-[A-Za-z0-9]{6}$/)
  .map((name) => `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:axiom/${name}`);

/** Runners with all kinds of settings, each left out now and then. */
export const aWantedRunner: fc.Arbitrary<WantedRunner> = fc.record(
  {
    settings,
    keyByVariable: fc.boolean(),
    apiKeySecretArn: secretArn,
    stateKey: fc.record({ arn: secretArn, madeByHost: fc.boolean() }),
    ledgerTable: fc.stringMatching(/^[A-Za-z0-9_.-]{3,20}$/),
    proxyRole: fc.record({
      arn: fc.stringMatching(/^[\w+=,.@-]{1,20}$/).map((name) => `arn:aws:iam::444455556666:role/path/Axiom-Security-${name}`),
      externalId: fc.stringMatching(/^[\w+=,.@:/-]{2,30}$/),
    }),
  },
  { requiredKeys: ['settings', 'keyByVariable', 'apiKeySecretArn', 'stateKey'] },
);
