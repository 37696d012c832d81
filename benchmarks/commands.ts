import { setTimeout as sleep } from 'node:timers/promises';
import type { TemporalServer } from '@axiom-runner/local-servers';
import type { Figure } from './figures.js';
import { type Invocation, nodeProcess, start, wallTime } from './processes.js';
import { runnerScript } from './runner-script.js';
import { runnerSettings } from './runner-settings.js';

const TURNS = 9;
const PATIENCE_MS = 30_000;

/** Wall time of the commands that must be quick, beside that of a Node that does nothing. */
export async function measureCommands({ address, namespace }: TemporalServer): Promise<Figure[]> {
  const environment = await runnerSettings({ controlPlane: address, tenantId: namespace, group: 'commands' });
  const nothing: Invocation = { program: process.execPath, args: ['-e', '0'] };
  const health = nodeProcess(runnerScript(), ['health'], environment);
  const version = nodeProcess(runnerScript(), ['version'], environment);
  const runner = start(nodeProcess(runnerScript(), [], environment));
  try {
    await healthy(health);
    const [ofNothing, ofHealth, ofVersion]: [number[], number[], number[]] = [[], [], []];
    for (let turn = 0; turn < TURNS; turn += 1) {
      ofNothing.push(await wallTime(nothing));
      ofHealth.push(await wallTime(health));
      ofVersion.push(await wallTime(version));
    }
    const common = { reference: 'node -e 0', unit: 'ms', theirs: ofNothing, compared: { kind: 'ratio' } } as const;
    return [
      { ...common, what: 'axiomrunner health', ours: ofHealth },
      { ...common, what: 'axiomrunner version', ours: ofVersion },
    ];
  } finally {
    await runner.stop();
  }
}

async function healthy(health: Invocation): Promise<void> {
  for (const giveUp = performance.now() + PATIENCE_MS; ; await sleep(100)) {
    try {
      await wallTime(health);
      return;
    } catch (error) {
      if (performance.now() > giveUp) throw error;
    }
  }
}
