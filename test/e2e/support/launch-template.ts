import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { AwsEmulator } from '@axiom-runner/local-servers';

const TEMPLATE = fileURLToPath(new URL('../../../deploy/cloudformation/ec2-runner.yaml', import.meta.url));
const STACK = 'axiom-ec2-runner';
const VERSIONS = { cloudformation: '2010-05-15', ec2: '2016-11-15' } as const;
const PATIENCE_MS = 20_000;

/** Deploys the template that users download, with these parameters; resolves with the user data that its instances would get. */
export async function deployedUserData(emulator: AwsEmulator, parameters: Readonly<Record<string, string>>): Promise<string> {
  const given = Object.entries(parameters).flatMap(([name, value], index) => [
    [`Parameters.member.${index + 1}.ParameterKey`, name],
    [`Parameters.member.${index + 1}.ParameterValue`, value],
  ]);
  const template = await readFile(TEMPLATE, 'utf8');
  const request = { StackName: STACK, TemplateBody: template, 'Capabilities.member.1': 'CAPABILITY_IAM', ...Object.fromEntries(given) };
  await ask(emulator, 'cloudformation', 'CreateStack', request);
  await created(emulator);
  const id = element(await ask(emulator, 'ec2', 'DescribeLaunchTemplates', {}), 'launchTemplateId');
  const versions = await ask(emulator, 'ec2', 'DescribeLaunchTemplateVersions', { LaunchTemplateId: id });
  return Buffer.from(element(versions, 'userData'), 'base64').toString();
}

async function created(emulator: AwsEmulator): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask(emulator, 'cloudformation', 'DescribeStacks', { StackName: STACK });
    const status = element(answer, 'StackStatus');
    if (status === 'CREATE_COMPLETE') return;
    if (status !== 'CREATE_IN_PROGRESS' || Date.now() > deadline) throw new Error(`the stack is ${status}: ${answer}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Calls a service of the emulator that speaks the query protocol; it checks no signature. */
async function ask(
  emulator: AwsEmulator,
  service: keyof typeof VERSIONS,
  action: string,
  parameters: Record<string, string>,
): Promise<string> {
  const credential = `123456789012/20260101/us-east-1/${service}/aws4_request`;
  const response = await fetch(emulator.endpoint, {
    method: 'POST',
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0` },
    body: new URLSearchParams({ Action: action, Version: VERSIONS[service], ...parameters }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${action}: ${response.status} ${answer}`);
  return answer;
}

function element(answer: string, name: string): string {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(answer)?.[1];
  if (text === undefined) throw new Error(`no <${name}> in ${answer}`);
  return text;
}
