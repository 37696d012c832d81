import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ended, ROOT } from './commands.js';

/** A Node that packages are tried with. */
export interface NodeVersion {
  readonly name: string;
  /** `PATH` in which it is the first. */
  readonly path: string;
}

/** The Node of these tests, and the newest one with long-term support; that one says in its name when it is missing. */
export const NODE_VERSIONS: readonly NodeVersion[] = [
  { name: `Node ${process.versions.node}`, path: `${dirname(process.execPath)}:${process.env['PATH']}` },
  await longTermSupport(),
];

async function longTermSupport(): Promise<NodeVersion> {
  const module = pathToFileURL(join(ROOT, 'runner-runtime/executable/node-binary.mjs')).href;
  const script = `import { nodeBinary, NODE_VERSION } from '${module}'; console.log(NODE_VERSION + ' ' + await nodeBinary(process.arch))`;
  const { code, stdout } = await ended(process.execPath, ['--input-type=module', '--eval', script]);
  const [version, binary] = stdout.trim().split(' ');
  if (code !== 0 || binary === undefined) return { name: 'Node 24 (skipped: npm gets no node-linux package here)', path: '' };
  return { name: `Node ${version}`, path: `${dirname(binary)}:${process.env['PATH']}` };
}
