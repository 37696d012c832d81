import { EXIT_CONFIG } from '../../contract/exit-codes';
import { STOP_TIMEOUT_SECONDS } from '../../contract/tasks';
import { ENVIRONMENT_FILE, LOG_FILE, RUNNER_COMMAND, SERVICE } from './host-paths';

/**
 * The runner as a service. What it may do is what deploy/binary/axiom-runner.sh lets it do: a test compares both.
 * Standard output is opened by systemd itself: the runner can neither replace nor shorten its log.
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html
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
LimitCORE=0
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
`;
