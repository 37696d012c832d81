import { EXIT_CONFIG } from '../../contract/exit-codes';
import { sandbox } from '../../contract/systemd';
import { STOP_TIMEOUT_SECONDS } from '../../contract/tasks';
import { ENVIRONMENT_FILE, LOG_FILE, RUNNER_COMMAND, SERVICE } from './host-paths';

/**
 * The runner as a service, held in as by deploy/binary/axiom-runner.sh.
 * Standard output is opened by systemd itself: the runner can neither replace nor shorten its log.
 */
export const SYSTEMD_UNIT = `[Unit]
Description=Axiom Runner
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
User=${SERVICE}
WorkingDirectory=/
ExecStart=${RUNNER_COMMAND} --env-file ${ENVIRONMENT_FILE}
StandardOutput=append:${LOG_FILE}
StandardError=inherit
Restart=always
RestartSec=5
RestartPreventExitStatus=${EXIT_CONFIG}
KillMode=mixed
TimeoutStopSec=${STOP_TIMEOUT_SECONDS}
${sandbox('yes').join('\n')}

[Install]
WantedBy=multi-user.target
`;
