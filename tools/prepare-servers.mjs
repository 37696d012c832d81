import {
  commandLineTools,
  findMariadb,
  findMinistack,
  findMoto,
  findMysql,
  kubernetesBinary,
  runnerExecutable,
  temporalCliPath,
  temporalServerPath,
  temporalTestServerPath,
} from '@axiom-runner/local-servers';

/**
 * Builds, downloads or installs what takes long, before the tests: beside tests that would use up both processors, and those would run into
 * their time limits. What is missing and why is said by the tests that need it. Prints the folder for PATH with the command-line tools that
 * this host lacks, or an empty line.
 */
const say = (line) => console.error(line);
const found = (way) => way(say).catch((error) => say(error.message));
const programs = [
  kubernetesBinary,
  temporalServerPath,
  temporalCliPath,
  temporalTestServerPath,
  findMinistack,
  findMoto,
  findMariadb,
  findMysql,
  () => runnerExecutable(),
];
for (const find of programs) await found(find);
console.log((await found(commandLineTools)) ?? '');
