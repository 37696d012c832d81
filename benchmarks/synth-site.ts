import { readFileSync } from 'node:fs';
import { App, CloudFormationValidatePlugin, Validations } from 'aws-cdk-lib';

/** The place that both apps are made for. */
export const SITE = {
  env: { account: '111122223333', region: 'eu-central-1' },
  tenantId: 'acme',
  maxConcurrentTasks: 100,
  network: {
    vpcId: 'vpc-0a1b2c3d4e5f60718',
    vpcCidrBlock: '10.0.0.0/16',
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    privateSubnetIds: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'],
    privateSubnetRouteTableIds: ['rtb-0aaaaaaaaaaaaaaaa', 'rtb-0bbbbbbbbbbbbbbbb'],
  },
  topicArn: 'arn:aws:sns:eu-central-1:111122223333:alarms',
  repositoryName: 'axiom-runner',
  imageDigest: `sha256:${'0123456789abcdef'.repeat(4)}`,
  apiKeySecretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:axiom-runner/api-key-AbCdEf',
  artifactUrl: 'https://downloads.example.com/axiom-runner/axiomrunner',
  artifactSha256: '0123456789abcdef'.repeat(4),
  clusterName: 'production',
  oidcIssuer: 'oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE',
  oidcProviderArn: 'arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE',
  kubectlFunctionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:kubectl',
  kubectlHandlerArn: 'arn:aws:iam::111122223333:role/handler',
  kubectlRoleArn: 'arn:aws:iam::111122223333:role/kubectl',
};

/** What a process tells on standard output. */
export interface SynthReport {
  /** From the first construct to the end of `app.synth()`. */
  readonly ms: number;
  /** CPU time of the whole process meanwhile, which neighbours on the machine disturb less. */
  readonly cpuMs: number;
  /** CPU time of the process from its start on, so with the loading of all modules. */
  readonly processCpuMs: number;
}

/**
 * Makes an app as `cdk init` configures it, fills and synthesises it, and tells how long that took.
 * Arguments of the process: `cdk.json`, the folder for the templates, the file with the texts, and `unvalidated` if the CDK shall not look
 * at the templates.
 */
export function synthesised(fill: (app: App) => void): void {
  const [, , configuration = 'cdk.json', outdir, , validation] = process.argv;
  const { context } = JSON.parse(readFileSync(configuration, 'utf8'));
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const app = new App({ context, outdir, analyticsReporting: false });
  if (validation === 'unvalidated') Validations.of(app).addPlugins(new NoValidation());
  fill(app);
  app.synth();
  const report: SynthReport = {
    ms: performance.now() - startedAt,
    cpuMs: milliseconds(process.cpuUsage(before)),
    processCpuMs: milliseconds(process.cpuUsage()),
  };
  process.stdout.write(JSON.stringify(report));
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

/** Stands in the place of the CDK's own validator, which takes most of the time and is the same for every app. */
class NoValidation extends CloudFormationValidatePlugin {
  public override validate(): ReturnType<CloudFormationValidatePlugin['validate']> {
    return { success: true, violations: [] };
  }
}
