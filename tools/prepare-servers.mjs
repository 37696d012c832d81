import {
  commandLineTools,
  findMariadb,
  findMoto,
  findMysql,
  kubernetesBinary,
  runnerExecutable,
  temporalServerPath,
} from '@axiom-runner/local-servers';

/**
 * Builds, downloads or installs what takes long, before the tests: beside tests that would use up both processors, and those would run into
 * their time limits. What is missing and why is said by the tests that need it. Prints the folder for PATH with the command-line tools that
 * this host lacks, or an empty line.
 */
const say = (line) => console.error(line);
const found = (way) => way(say).catch((error) => say(error.message));
for (const find of [kubernetesBinary, temporalServerPath, findMariadb, findMysql, findMoto, () => runnerExecutable()]) await found(find);
console.log((await found(commandLineTools)) ?? '');
