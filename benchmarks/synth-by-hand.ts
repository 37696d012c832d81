import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ec2Host } from './synth-by-hand/ec2.js';
import { ecsHost } from './synth-by-hand/ecs.js';
import { eksHost } from './synth-by-hand/eks.js';
import { monitoring } from './synth-by-hand/monitoring.js';
import { SITE, synthesised } from './synth-site.js';

/** The app of `synth-with-library.ts`, written with aws-cdk-lib alone. */
synthesised((app) => {
  const stack = new Stack(app, 'Runners', { env: SITE.env });
  const place = {
    vpc: ec2.Vpc.fromVpcAttributes(stack, 'Network', SITE.network),
    repository: ecr.Repository.fromRepositoryName(stack, 'Images', SITE.repositoryName),
    apiKeySecret: secretsmanager.Secret.fromSecretCompleteArn(stack, 'ApiKey', SITE.apiKeySecretArn),
  };
  const topic = sns.Topic.fromTopicArn(stack, 'Alarms', SITE.topicArn);
  const hosts = [ecsHost(stack, place), ec2Host(stack, place), eksHost(stack, place)];
  const secrets = [
    integrationSecret(stack, 'PostgresqlSecret', 'PostgreSQL, endpoint', 'postgresql', 'db.example.com', {
      postgresql_hostname: 'db.example.com',
      postgresql_username: '<username>',
      postgresql_password: '<password>',
    }),
    integrationSecret(stack, 'OktaSecret', 'Okta, organization subdomain', 'okta', 'example', { okta_domain: 'example', token: '<token>' }),
    integrationSecret(stack, 'GithubSecret', 'GitHub, application id', 'github', 'example', {
      github_app_identifier: 'example',
      github_installation_id: '<application_installation_id>',
      github_org_name: '<organization_name>',
      github_private_key: '<private_key>',
    }),
  ];
  for (const host of hosts) {
    for (const { secretArn } of secrets) {
      host.role.addToPolicy(new iam.PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretArn] }));
    }
    monitoring(stack, host, topic);
  }
});

function integrationSecret(
  stack: Stack,
  id: string,
  title: string,
  type: string,
  systemId: string,
  fields: object,
): secretsmanager.ISecret {
  const secretName = `axiom-security/${type}/${systemId}`;
  const secret = new secretsmanager.CfnSecret(stack, id, { name: secretName, description: `Axiom Runner: ${title} ${systemId}` });
  secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  new CfnOutput(stack, `${id}FillCommand`, {
    description: 'Fills the empty secret: replace what stands in angle brackets, then run it',
    value: `aws secretsmanager put-secret-value --region ${stack.region} --secret-id ${secretName} --secret-string '${JSON.stringify(fields)}'`,
  });
  return secretsmanager.Secret.fromSecretCompleteArn(stack, `${id}Reference`, secret.ref);
}
