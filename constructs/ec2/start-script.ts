import {
  BUNDLE,
  CLOUDWATCH_AGENT_FOLDER,
  ENVIRONMENT_FILE,
  LOG_FILE,
  LOG_FOLDER,
  NODE,
  NODE_PACKAGE,
  PROGRAM_FOLDER,
  RUNNER_COMMAND,
  SERVICE,
  SETTINGS_FOLDER,
  TELEMETRY_FILE,
} from './host-paths';
import type { RunnerArtifactConfig } from './runner-artifact';
import { shellWord } from './shell-word';
import { SYSTEMD_UNIT } from './systemd-unit';

/** What the start of an instance differs in. Texts may hold tokens. */
export interface StartScriptOptions {
  readonly region: string;
  /** What `uname -m` says on the processors that the agent is made for. */
  readonly machine: string;
  readonly artifact: RunnerArtifactConfig;
  /** Text of the env file. */
  readonly environment: string;
  /** Command that prints further lines of the env file; none when absent. */
  readonly furtherEnvironmentCommand?: string;
  /** Configuration of the CloudWatch agent. */
  readonly telemetry: string;
  /** HTTP proxy of the host's own tools, and hosts that are reached without it. */
  readonly proxy?: { readonly url: string; readonly except: string };
  /** The resource of the stack that waits for this instance. */
  readonly signal: { readonly stackName: string; readonly resourceId: string };
  readonly logGroupName: string;
}

/** Longest wait for a runner that takes tasks, seconds. */
const READY_SECONDS = 300;
const METADATA_ADDRESS = '169.254.169.254';

/**
 * What an instance of Amazon Linux 2023 runs at its first start, as root: it installs and starts the runner and the CloudWatch agent, waits
 * until the runner takes tasks, and tells CloudFormation. Packages come from Amazon Linux's own repository only, which is in S3.
 */
export function startScript(options: StartScriptOptions): string {
  return [
    START,
    hostSettings(options),
    finish(options),
    machineCheck(options.machine),
    PACKAGES,
    artifact(options.artifact),
    INSTALLATION,
    environment(options),
    services(options),
    READINESS,
  ].join('\n');
}

const START = `#!/bin/bash
# Starts an Axiom runner. Holds ids of secrets, and no secret.
set -euo pipefail
umask 077
work=$(mktemp -d)
artifact=$work/artifact
`;

function hostSettings({ region, proxy }: StartScriptOptions): string {
  const lines = [`export AWS_DEFAULT_REGION=${shellWord(region)}`];
  if (proxy !== undefined) {
    const except = ['localhost', '127.0.0.1', METADATA_ADDRESS, ...(proxy.except === '' ? [] : [proxy.except])].join(',');
    lines.push(
      `export https_proxy=${shellWord(proxy.url)} HTTPS_PROXY=${shellWord(proxy.url)}`,
      `export no_proxy=${shellWord(except)} NO_PROXY=${shellWord(except)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Whatever happens, CloudFormation is told, and the console shows why. */
function finish({ signal, logGroupName, region }: StartScriptOptions): string {
  const target = `--stack ${shellWord(signal.stackName)} --resource ${shellWord(signal.resourceId)} --region ${shellWord(region)}`;
  return `finish() {
  local code=$?
  rm -rf "$work"
  if [ "$code" -ne 0 ]; then
    echo "The runner did not start (exit code $code). Its last lines, and what its doctor says:"
    tail -n 20 ${LOG_FILE} || true
    timeout 60 ${RUNNER_COMMAND} doctor --env-file ${ENVIRONMENT_FILE} || true
    # The CloudWatch agent sends what is left every five seconds.
    sleep 10
  fi
  /opt/aws/bin/cfn-signal --exit-code "$code" --reason ${shellWord(`See log group ${logGroupName} and the instance's console output`)} ${target} || true
}
trap finish EXIT

retry() {
  local pause
  for pause in 2 5 10 20 0; do
    if "$@"; then return 0; fi
    sleep "$pause"
  done
  return 1
}
`;
}

function machineCheck(machine: string): string {
  return `if [ "$(uname -m)" != ${machine} ]; then
  echo "This instance is $(uname -m), the runner is made for ${machine}: change instanceType or machineImage."
  exit 1
fi
`;
}

const PACKAGES = `install_packages() {
  (umask 022 && retry dnf install --assumeyes --quiet --repo=amazonlinux "$@")
}
install_packages amazon-cloudwatch-agent logrotate unzip
`;

function artifact({ downloadCommand, sha256 }: RunnerArtifactConfig): string {
  const check = sha256 === undefined ? '' : `echo ${shellWord(sha256)}"  $artifact" | sha256sum --check --quiet\n`;
  return `download() {
  ${downloadCommand}
}
retry download
${check}`;
}

const INSTALLATION = `install -d -m 755 ${PROGRAM_FOLDER} ${SETTINGS_FOLDER} ${LOG_FOLDER}
if [ "$(head -c 2 "$artifact")" = PK ]; then
  unzip -q -o "$artifact" -d ${PROGRAM_FOLDER}
else
  install "$artifact" ${RUNNER_COMMAND}
fi
if [ -e ${BUNDLE} ]; then
  install_packages ${NODE_PACKAGE}
  # "--" keeps node from taking --env-file for itself.
  printf '#!/bin/sh\\nexec ${NODE} -- ${BUNDLE} "$@"\\n' >${RUNNER_COMMAND}
fi
chmod -R u=rwX,go=rX ${PROGRAM_FOLDER}
chmod 755 ${RUNNER_COMMAND}
id -u ${SERVICE} >/dev/null 2>&1 ||
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ${SERVICE}
`;

function environment({ environment: text, furtherEnvironmentCommand }: StartScriptOptions): string {
  const further =
    furtherEnvironmentCommand === undefined ? '' : `retry ${furtherEnvironmentCommand}\ncat "$work/env" >>${ENVIRONMENT_FILE}\n`;
  return `${file(ENVIRONMENT_FILE, text)}${further}chown root:${SERVICE} ${ENVIRONMENT_FILE}
chmod 640 ${ENVIRONMENT_FILE}
`;
}

function services(options: StartScriptOptions): string {
  return `${file(`/etc/systemd/system/${SERVICE}.service`, SYSTEMD_UNIT)}${file(`/etc/logrotate.d/${SERVICE}`, ROTATION)}
install -d -m 755 /etc/systemd/system/logrotate.timer.d
${file('/etc/systemd/system/logrotate.timer.d/hourly.conf', '[Timer]\nOnCalendar=\nOnCalendar=hourly\n')}
${file(TELEMETRY_FILE, options.telemetry)}${agentProxy(options)}${CLOUDWATCH_AGENT_FOLDER}/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:${TELEMETRY_FILE}
systemctl daemon-reload
systemctl enable --now logrotate.timer ${SERVICE}.service
`;
}

/** The log's disk space is bounded, also where the CloudWatch agent does not come through. */
const ROTATION = `${LOG_FILE} {
  size 50M
  rotate 4
  copytruncate
  missingok
}
`;

/** The CloudWatch agent takes its proxy from a file only. */
function agentProxy({ proxy }: StartScriptOptions): string {
  const path = `${CLOUDWATCH_AGENT_FOLDER}/etc/common-config.toml`;
  return proxy === undefined ? '' : `printf '[proxy]\\nhttps_proxy = "%s"\\nno_proxy = "%s"\\n' "$https_proxy" "$no_proxy" >${path}\n`;
}

const READINESS = `for ((second = 0; second < ${READY_SECONDS}; second += 5)); do
  if timeout 10 ${RUNNER_COMMAND} health --env-file ${ENVIRONMENT_FILE} >/dev/null; then exit 0; fi
  if systemctl is-failed --quiet ${SERVICE}; then exit 1; fi
  sleep 5
done
echo "The runner takes no tasks after ${READY_SECONDS} seconds."
exit 1
`;

/** Writes a file. No line of the text may be the mark at its end. */
function file(path: string, text: string): string {
  return `cat >${path} <<'END_OF_FILE'\n${text}END_OF_FILE\n`;
}
