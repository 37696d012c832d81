import { findMariadb, findMoto, findMysql, kubernetesBinary, temporalServerPath } from '@axiom-runner/local-servers';

/**
 * Builds, downloads or installs the servers that take long, before the tests: beside tests that would use up both processors, and those
 * would run into their time limits. Which server is missing and why is said by the tests that need it.
 */
const say = (line) => console.log(line);
for (const find of [kubernetesBinary, temporalServerPath, findMariadb, findMysql, findMoto]) {
  await find(say).catch((error) => say(error.message));
}
