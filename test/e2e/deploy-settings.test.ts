import { type Context, synthesisedApp } from './support/cdk.js';

const ECS: Context = { host: 'ecs', 'axiom:tenantId': '42', 'axiom:runnerGroupId': 'rg-1', 'axiom:apiKeySecret': 'axiom-runner/api-key' };

const refusalOf = async (context: Context): Promise<string> => {
  const error: unknown = await synthesisedApp(context).then(
    (app) => app.dispose(),
    (reason) => reason,
  );
  return error instanceof Error ? error.message : 'not refused';
};

describe('cdk synth', () => {
  it.each<[string, Context, string[]]>([
    ['a host that does not exist', { ...ECS, host: 'mainframe' }, ['host is "mainframe". Allowed: ecs, ec2, eks, none.']],
    [
      'several wrong settings at once',
      { ...ECS, 'axiom:desiredCount': 'many', 'axiom:clusterName': 'apps', 'axiom:logLevl': 'debug' },
      [
        'axiom:desiredCount is "many". Allowed: a whole number.',
        'axiom:clusterName means nothing for host=ecs.',
        'axiom:logLevl is not a setting.',
      ],
    ],
  ])(
    'fails for %s: names each, says what is allowed, and shows no stack trace',
    async (_, context, messages) => {
      const refusal = await refusalOf(context);
      for (const message of messages) {
        expect(refusal).toContain(message);
      }
      expect(refusal).toMatch(/ended with 1:/);
      expect(refusal).not.toMatch(/^\s+at /m);
    },
    60_000,
  );
});
