import { LegacyStackSynthesizer, type Stack, type StackProps } from 'aws-cdk-lib';

/** Context key of the CDK that makes it write construct paths into templates. */
const PATH_METADATA = 'aws:cdk:enable-path-metadata';

/**
 * Properties of a stack whose template is also a file that anybody can launch: no bootstrap rule, no assets, no usage reports.
 * Deployed by the CDK it needs no bootstrapped environment: `LegacyStackSynthesizer` is the only synthesizer that names no roles of the
 * bootstrap stack (`BootstraplessSynthesizer` does). What the user sets goes first.
 */
export function standalone(props: StackProps, description: string): StackProps {
  return { description, analyticsReporting: false, synthesizer: new LegacyStackSynthesizer(), ...props };
}

/** Keeps the paths of the CDK app out of the template. To be called before anything is put into the stack. */
export function hideConstructPaths(stack: Stack): void {
  stack.node.setContext(PATH_METADATA, false);
}
