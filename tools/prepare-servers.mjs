import { kubernetesBinary } from '@axiom-runner/local-servers';
import { temporalServerPath } from '../control-plane/test/support/authorizing-temporal.ts';

/**
 * Builds the servers that no package registry has, before the tests: a build takes minutes and both processors, so tests beside it would
 * run into their time limits. Which server is missing and why is said by the tests that need it.
 */
const say = (line) => console.log(line);
await kubernetesBinary(say).catch((error) => say(error.message));
await temporalServerPath(say);
