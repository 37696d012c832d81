import { type Item, systemName } from '@axiom-runner/protocol';
import { SingleBar } from 'cli-progress';
import { EXIT_OK } from '../../../contract/exit-codes.js';
import { countByKind } from '../tasks/batches.js';
import { openSession, parseSystem } from './command-session.js';
import { type Terminal, table } from './terminal.js';

const PAGE_ITEMS = 10_000;

/** The command `collect`: everything that a collection would deliver; a table of counts, or the items as JSON lines with `--json`. */
export async function collect(
  systemText: string,
  options: { readonly envFile?: string; readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const system = parseSystem(systemText);
  const session = await openSession(options.envFile, terminal);
  const counts: Record<string, number> = {};
  const warnings = new Set<string>();
  const bar = terminal.watched
    ? new SingleBar({ format: `${systemName(system)}  {value} items  {duration_formatted}`, stream: process.stderr, clearOnComplete: true })
    : undefined;
  bar?.start(0, 0);
  try {
    for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
      const page = await session.use(system, (integration, access) => integration.collect(access, cursor, PAGE_ITEMS));
      for (const [kind, count] of Object.entries(countByKind(page.items))) counts[kind] = (counts[kind] ?? 0) + count;
      for (const warning of page.warnings) warnings.add(warning);
      if (options.json) terminal.out(lines(page.items));
      bar?.update(total(counts));
      cursor = page.next;
    }
  } finally {
    bar?.stop();
  }
  for (const warning of warnings) terminal.err(`warning: ${warning}\n`);
  if (!options.json)
    terminal.out(
      table(
        ['KIND', 'COUNT'],
        [...Object.entries(counts), ['total', total(counts)] as const].map(([kind, count]) => [kind, String(count)]),
      ),
    );
  return EXIT_OK;
}

function lines(items: readonly Item[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
