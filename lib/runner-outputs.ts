import { CfnOutput, type Stack } from 'aws-cdk-lib';
import type { RunnerHost } from '../constructs';
import { templateOutput } from './template-sections';

/** Names of the outputs that every template with a runner has. */
export interface RunnerOutputNames {
  readonly roleArn: string;
  readonly logGroupName: string;
  readonly logsCommand: string;
  readonly doctorCommand: string;
  readonly updateCommand: string;
}

/** An output that only this kind of host has. */
export interface HostOutput {
  readonly name: string;
  readonly value: string;
  readonly description: string;
}

/** Puts out what is made for the runners, and gives the host's commands exactly the names of the template's outputs. */
export function runnerOutputs(stack: Stack, names: RunnerOutputNames, { role, logGroup, node }: RunnerHost, ofHost: HostOutput[]): void {
  templateOutput(stack, names.roleArn, role.roleArn, "ARN of the runners' role: what a proxy role in another account must trust");
  for (const { name, value, description } of ofHost) {
    templateOutput(stack, name, value, description);
  }
  if (logGroup !== undefined) {
    templateOutput(stack, names.logGroupName, logGroup.logGroupName, 'Where the runners log to');
  }
  for (const name of [names.logsCommand, names.doctorCommand, names.updateCommand]) {
    const command = node.tryFindChild(name);
    if (command instanceof CfnOutput) {
      command.overrideLogicalId(name);
    }
  }
}
