import { kubernetesBinary, temporalServerPath } from '@axiom-runner/local-servers';

/**
 * Builds the servers that no package registry has, before the tests: a build takes minutes and both processors, so tests beside it would
 * run into their time limits. Which server is missing and why is said by the tests that need it.
 */
const say = (line) => console.log(line);
for (const find of [kubernetesBinary, temporalServerPath]) await find(say).catch((error) => say(error.message));
