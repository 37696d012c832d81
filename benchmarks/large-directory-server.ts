import { LargeDirectoryServer } from '../runner-runtime/test/support/fake-vendor/large-directory/server.js';

/** Serves a directory in a process of its own, until the process that forked it ends: the time it takes must not count as the reader's. */
const [size = '{}', faults = '{}'] = process.argv.slice(2);
const server = await LargeDirectoryServer.start(JSON.parse(size), JSON.parse(faults));
process.send?.(server.secret);
process.on('disconnect', () => process.exit());
