import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { root } from '../install.mjs';

/** The local secret agent as a service of systemd: unit, socket and users, with the facts of contract/ in them. */
const require = createRequire(import.meta.url);
require('ts-node').register({ transpileOnly: true, cwd: root });
const {
  AGENT_PORT,
  AGENT_SERVICE,
  AGENT_SERVICE_CLIENTS,
  AGENT_SERVICE_USER,
  DEFAULT_AGENT_CONFIG,
  DEFAULT_AGENT_SOCKET,
  DEFAULT_AGENT_STATE,
} = require('../../contract/agent');
const { EXIT_CONFIG } = require('../../contract/exit-codes');
const { sandbox } = require('../../contract/systemd');

const HEADER = '# Made by "npm run render" from tools/render/agent-units.mjs and contract/: change those, not this file.\n';

const SERVICE = `[Unit]
Description=Axiom Runner: local secret agent
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
User=${AGENT_SERVICE_USER}
WorkingDirectory=/
ExecStart=/usr/local/bin/axiomrunner agent --config ${DEFAULT_AGENT_CONFIG}
# An identity that is kept outside the state folder, encrypted for this host with: systemd-creds encrypt
#LoadCredentialEncrypted=identity:/etc/axiomrunner/identity.cred
#LoadCredential=identity:/etc/axiomrunner/identity.json
StateDirectory=${DEFAULT_AGENT_STATE.replace('/var/lib/', '')}
StateDirectoryMode=0700
# For token_file; not the folder of the socket, which must outlast the service.
RuntimeDirectory=${AGENT_SERVICE}
Restart=always
RestartSec=1
RestartPreventExitStatus=${EXIT_CONFIG}
TimeoutStopSec=30
MemorySwapMax=0
${sandbox('yes').join('\n')}

[Install]
WantedBy=multi-user.target
Also=${AGENT_SERVICE}.socket
`;

const SOCKET = `[Unit]
Description=Axiom Runner: socket of the local secret agent

[Socket]
ListenStream=${DEFAULT_AGENT_SOCKET}
SocketMode=0660
SocketGroup=${AGENT_SERVICE_CLIENTS}
# Both loopbacks, because localhost may be either. Of a configuration's "listen", only tls and socket.application count beside this file.
ListenStream=127.0.0.1:${AGENT_PORT}
ListenStream=[::1]:${AGENT_PORT}
# Not every host has ::1.
FreeBind=yes

[Install]
WantedBy=sockets.target
`;

const USERS = `u ${AGENT_SERVICE_USER} - "Axiom Runner: local secret agent"
g ${AGENT_SERVICE_CLIENTS} -
`;

const FILES = { [`${AGENT_SERVICE}.service`]: SERVICE, [`${AGENT_SERVICE}.socket`]: SOCKET, [`${AGENT_SERVICE}.sysusers`]: USERS };

/** Writes them into a folder; answers with their paths. */
export function renderAgentUnits(folder = join(root, 'deploy')) {
  return Object.entries(FILES).map(([name, text]) => {
    const path = join(folder, 'binary', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, HEADER + text);
    return path;
  });
}

if (process.argv[1] === import.meta.filename) {
  for (const path of renderAgentUnits(process.argv[2] === undefined ? undefined : resolve(process.argv[2]))) console.error(path);
}
