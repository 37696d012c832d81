import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type AwsEmulator, startAwsEmulator } from '@axiom-runner/local-servers';
import autocannon from 'autocannon';
import type { Figure } from '../figures.js';
import { cpuTime, residentMemory } from '../processes.js';
import { type SecretServer, startAgent, startBareServer, startPeer } from './servers.js';

const TURNS = 5;
const TURN_SECONDS = 3;
const CONNECTIONS = [32, 1, 256];
const SMALL = { secrets: 500, applications: 10 };
const LARGE = { secrets: 5_000, applications: 100 };
/** Most resident memory of an agent alone, MB. */
const MOST_MEMORY_MB = 110;

interface Turn {
  readonly requestsPerSecond: number;
  readonly p99Us: number;
  /** CPU time of the server for one request, microseconds. */
  readonly cpuUs: number;
}

/** Cached `GET /secret/<id>` with audit on: beside a bare server of `node:http`, beside a peer where there is one, and ten times as large. */
export async function measureAgent(say: (text: string) => void, peerProgram = process.env['PEER_AGENT']): Promise<Figure[]> {
  const emulator = await startAwsEmulator({ say });
  const servers: SecretServer[] = [];
  const open = async (starting: Promise<SecretServer>) => {
    const server = await starting;
    servers.push(server);
    return server;
  };
  try {
    say(`making ${LARGE.secrets} secrets …`);
    await makeSecrets(emulator, LARGE.secrets);
    const [small, large, bare] = [
      await open(startAgent(emulator, SMALL)),
      await open(startAgent(emulator, LARGE)),
      await open(startBareServer()),
    ];
    const figures: Figure[] = [];
    for (const connections of CONNECTIONS) {
      say(`asking over ${connections} connections …`);
      const [ours, theirs] = await inTurns(TURNS, [small, bare], connections);
      const common = { reference: 'bare node:http', ours, theirs };
      figures.push(
        figure(`agent, ${connections} connections: requests`, 'req/s', common, ({ requestsPerSecond }) => requestsPerSecond, {
          kind: 'ratio',
          // One connection shares its record's write with nobody: what it costs is shown, and promised is the p99.
          ...(connections === 1 ? {} : { least: 0.9 }),
        }),
        figure(`agent, ${connections} connections: p99`, 'µs', common, ({ p99Us }) => p99Us, { kind: 'ratio', most: 2 }),
        figure(`agent, ${connections} connections: CPU of a request`, 'µs', common, ({ cpuUs }) => cpuUs, { kind: 'ratio' }),
      );
    }
    say('asking an agent of ten times the size …');
    const [ours, theirs] = await inTurns(TURNS, [large, small], 32);
    const grown = { reference: `agent, ${SMALL.secrets} secrets, ${SMALL.applications} applications`, ours, theirs };
    figures.push(figure('agent, ten times as large: CPU of a request', 'µs', grown, ({ cpuUs }) => cpuUs, { kind: 'ratio', most: 1.25 }));
    figures.push({
      what: 'agent: memory after all this',
      reference: 'nothing',
      unit: 'MB',
      ours: [residentMemory(small.pid)],
      theirs: [0],
      compared: { kind: 'difference', most: MOST_MEMORY_MB },
    });
    if (peerProgram === undefined) {
      say('PEER_AGENT names no binary of AWS’s provider: not compared');
      return figures;
    }
    const peer = await open(startPeer(peerProgram, emulator));
    const [beside, peers] = await inTurns(TURNS, [small, peer], 32);
    const compared = { reference: peer.name, ours: beside, theirs: peers };
    figures.push(
      figure('agent, 32 connections: requests', 'req/s', compared, ({ requestsPerSecond }) => requestsPerSecond, { kind: 'ratio' }),
      figure('agent, 32 connections: p99', 'µs', compared, ({ p99Us }) => p99Us, { kind: 'ratio' }),
    );
    return figures;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await emulator.stop();
  }
}

/** One after the other, turn by turn; the first turn of each warms it up and does not count. */
async function inTurns(turns: number, [one, other]: readonly [SecretServer, SecretServer], connections: number): Promise<[Turn[], Turn[]]> {
  const measured: [Turn[], Turn[]] = [[], []];
  for (let turn = 0; turn <= turns; turn += 1) {
    const both = [await ask(one, connections), await ask(other, connections)] as const;
    if (turn === 0) continue;
    measured[0].push(both[0]);
    measured[1].push(both[1]);
  }
  return measured;
}

async function ask(server: SecretServer, connections: number): Promise<Turn> {
  const before = cpuTime(server.pid);
  const times: number[] = [];
  const { requests, non2xx, errors } = await new Promise<autocannon.Result>((resolve, reject) => {
    const options = { url: `${server.url}${server.pathOf(0)}`, headers: { ...server.headers }, connections, duration: TURN_SECONDS };
    const load = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)));
    // Its own histogram knows whole milliseconds only.
    load.on('response', (_client, _status, _bytes, ms) => times.push(ms));
  });
  if (non2xx + errors > 0) throw new Error(`${server.name} refused ${non2xx} requests and lost ${errors}`);
  times.sort((one, another) => one - another);
  return {
    requestsPerSecond: requests.average,
    p99Us: (times[Math.floor(times.length * 0.99)] ?? 0) * 1_000,
    cpuUs: ((cpuTime(server.pid) - before) * 1_000) / requests.total,
  };
}

function figure(
  what: string,
  unit: Figure['unit'],
  { reference, ours, theirs }: { readonly reference: string; readonly ours: readonly Turn[]; readonly theirs: readonly Turn[] },
  pick: (turn: Turn) => number,
  compared: Figure['compared'],
): Figure {
  return { what, reference, unit, ours: ours.map(pick), theirs: theirs.map(pick), compared };
}

async function makeSecrets({ environment, endpoint }: AwsEmulator, count: number): Promise<void> {
  const client = new SecretsManagerClient({
    endpoint,
    region: environment['AWS_REGION'] ?? '',
    credentials: { accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '' },
  });
  const make = (index: number) =>
    client.send(
      new CreateSecretCommand({
        Name: `secret-${index}`,
        SecretString: JSON.stringify({ username: 'user', password: `password-${index}` }),
      }),
    );
  const AT_ONCE = 16;
  for (let first = 0; first < count; first += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, index) => make(first + index)));
  }
  client.destroy();
}
