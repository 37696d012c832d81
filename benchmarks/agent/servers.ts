import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type AwsEmulator, freePort } from '@axiom-runner/local-servers';
import { type LongRunning, nodeProcess, start } from '../processes.js';
import { runnerScript } from '../runner-script.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A server that answers with secrets, and how it is asked. */
export interface SecretServer extends LongRunning {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Path of the n-th secret. */
  readonly pathOf: (secret: number) => string;
}

/** How large an agent is. */
export interface AgentSize {
  readonly secrets: number;
  readonly applications: number;
}

const BARE_SERVER = fileURLToPath(new URL('./bare-server.cjs', import.meta.url));
const PATIENCE_MS = 60_000;
const TTL_SECONDS = 3_600;

/** The agent with its audit trail on; every application may have every secret, each with a token of its own. */
export async function startAgent({ environment }: AwsEmulator, { secrets, applications }: AgentSize): Promise<SecretServer> {
  const folder = temporaryFolder('axiom-benchmark-agent-');
  const port = await freePort();
  const token = 'axa_the-token-of-the-first-application-0';
  const tokens = [token, ...Array.from({ length: applications - 1 }, (_, index) => `axa_the-token-of-another-application-${index + 1}`)];
  const config = {
    state: join(folder, 'state'),
    listen: { address: `127.0.0.1:${port}` },
    cache: { ttl: TTL_SECONDS, max_entries: Math.max(secrets, 1) * 2 },
    limits: { connections: 1_024, vault_requests: 32 },
    vault: { type: 'aws-secrets-manager', describe: false },
    applications: Object.fromEntries(
      tokens.map((text, index) => [
        `application-${index}`,
        { allow: ['*'], token_sha256: createHash('sha256').update(text).digest('hex') },
      ]),
    ),
  };
  const path = join(folder, 'agent.yaml');
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  const server: SecretServer = {
    ...start(nodeProcess(runnerScript(), ['agent', '--config', path], environment)),
    name: 'axiomrunner agent',
    url: `http://127.0.0.1:${port}`,
    headers: { authorization: `Bearer ${token}` },
    pathOf: (secret) => `/secret/secret-${secret}`,
  };
  await warm(server, secrets);
  return server;
}

/** The server of node:http that {@link startAgent} is compared with. */
export async function startBareServer(): Promise<SecretServer> {
  const [port, token] = [await freePort(), 'the-one-token-of-the-bare-server-000000'];
  const server: SecretServer = {
    ...start(nodeProcess(BARE_SERVER, [], { PORT: String(port), TOKEN: token })),
    name: 'bare node:http',
    url: `http://127.0.0.1:${port}`,
    headers: { authorization: `Bearer ${token}` },
    pathOf: () => '/secret/secret-0',
  };
  await warm(server, 1);
  return server;
}

/** The secrets provider of AWS (https://github.com/aws/aws-workload-credentials-provider), whose binary somebody has built. */
export async function startPeer(program: string, { environment }: AwsEmulator): Promise<SecretServer> {
  const folder = temporaryFolder('axiom-benchmark-peer-');
  const [port, token] = [await freePort(), 'the-one-token-of-the-peer-00000000000000'];
  const path = join(folder, 'config.toml');
  writeFileSync(
    path,
    `[logging]\nlog_to_file = false\nlog_level = "NONE"\n\n[capabilities.secrets_manager]\nhttp_port = ${port}\nregion = "${environment['AWS_REGION']}"\n\n[capabilities.secrets_manager.cache]\nttl_seconds = ${TTL_SECONDS}\n`,
  );
  const server: SecretServer = {
    ...start({ program, args: ['sm', 'start', '--config', path], environment: { ...environment, AWS_TOKEN: token } }),
    name: "AWS's provider (Rust)",
    url: `http://127.0.0.1:${port}`,
    headers: { 'x-aws-parameters-secrets-token': token },
    pathOf: (secret) => `/secretsmanager/get?secretId=secret-${secret}`,
  };
  await warm(server, 1);
  return server;
}

/** Waits until a server answers, and has every secret in its cache. */
async function warm({ url, headers, pathOf, name }: SecretServer, secrets: number): Promise<void> {
  const ask = async (secret: number) => {
    const response = await fetch(`${url}${pathOf(secret)}`, { headers });
    const text = await response.text();
    if (response.status !== 200 || !text.includes(`password-${secret}`))
      throw new Error(`${name} answers ${response.status} for secret ${secret}`);
  };
  for (const giveUp = performance.now() + PATIENCE_MS; ; await sleep(50)) {
    try {
      await ask(0);
      break;
    } catch (error) {
      if (performance.now() > giveUp) throw error;
    }
  }
  const AT_ONCE = 16;
  for (let first = 1; first < secrets; first += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, secrets - first) }, (_, index) => ask(first + index)));
  }
}
