/** Where things are on an instance. */

/** Name of the service, and of the user that it runs as. */
export const SERVICE = 'axiom-runner';
export const PROGRAM_FOLDER = '/opt/axiom-runner';
/** What starts the agent, whether it is one executable or a bundle. */
export const RUNNER_COMMAND = `${PROGRAM_FOLDER}/axiomrunner`;
export const BUNDLE = `${PROGRAM_FOLDER}/axiomrunner.cjs`;
/** Node 24 of Amazon Linux 2023. https://docs.aws.amazon.com/linux/al2023/ug/nodejs.html */
export const NODE_PACKAGE = 'nodejs24';
export const NODE = '/usr/bin/node-24';
export const SETTINGS_FOLDER = '/etc/axiom-runner';
export const ENVIRONMENT_FILE = `${SETTINGS_FOLDER}/env`;
export const TELEMETRY_FILE = `${SETTINGS_FOLDER}/cloudwatch-agent.json`;
export const LOG_FOLDER = '/var/log/axiom-runner';
export const LOG_FILE = `${LOG_FOLDER}/runner.log`;
export const CLOUDWATCH_AGENT_FOLDER = '/opt/aws/amazon-cloudwatch-agent';
