/** Appends results to a home from a process of its own: `append-results.ts <home> <group> <count>`. */
import { openHome } from '../../src/home/home.js';
import { testedResult } from './homes.js';

const [folder = '', groupId = '', count = '0'] = process.argv.slice(2);

async function appendAll(): Promise<void> {
  const home = await openHome(folder);
  const stored = await Promise.all(
    Array.from({ length: Number(count) }, (_, index) => home.results.append(testedResult(groupId, 'shared', index))),
  );
  process.stdout.write(String(stored.filter(Boolean).length));
}

void appendAll();
