import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { judgeTraffic } from './conformance.mjs';
import { installPackages, root } from './install.mjs';

/** `npm test`: installs, builds, checks and tests everything; closes with `N passed, N failed`. Arguments are passed on to jest. */
installPackages();
const scratch = mkdtempSync(join(tmpdir(), 'axiom-runner-test-'));
const report = join(scratch, 'jest.json');
const traffic = process.env.RECORD_HTTP || join(scratch, 'http');
const steps = [
  ['format, lint and dependency arrows', 'npx', ['biome', 'check', '--error-on-warnings']],
  ['construct library (jsii)', 'npx', ['jsii']],
  ['types', 'npm', ['run', '--silent', 'typecheck']],
  ['bundles', 'node', ['tools/build.mjs', 'runtime']],
];
let passed = 0;
let failed = 0;
let skipped = 0;
for (const [name, program, args] of steps) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '1' },
  });
  if (status === 0) passed += 1;
  else {
    failed += 1;
    console.log(`== FAILED: ${name}`);
  }
}

console.log('\n== test servers');
const prepared = spawnSync(process.execPath, ['--import', 'tsx', 'tools/prepare-servers.mjs'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
});
const searchPath = [prepared.stdout.trim(), process.env.PATH].filter(Boolean).join(delimiter);

console.log('\n== tests');
const jest = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--json',
    `--outputFile=${report}`,
    '--silent',
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PATH: searchPath, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', RECORD_HTTP: traffic },
  },
);
try {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const brokenSuites = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  passed += numPassedTests;
  failed += numFailedTests + brokenSuites.length;
  skipped = numPendingTests + numTodoTests;
  const slowest = testResults.map(({ name, startTime, endTime }) => ({ name, seconds: (endTime - startTime) / 1000 }));
  console.log('\nthe slowest suites, in seconds:');
  for (const { name, seconds } of slowest.sort((one, other) => other.seconds - one.seconds).slice(0, 15))
    console.log(`${seconds.toFixed(0).padStart(5)}  ${name.slice(root.length + 1)}`);
  for (const { name, assertionResults } of testResults) {
    for (const { status, fullName } of assertionResults)
      if (status === 'pending' || status === 'todo') console.log(`skipped: ${name.slice(root.length + 1)}: ${fullName}`);
  }
} catch {
  failed += 1;
  console.log('the tests did not run to their end');
}

console.log("\n== requests to vendors, judged by the vendors' own descriptions");
const verdict = judgeTraffic(traffic);
if (verdict === 'passed') passed += 1;
if (verdict === 'failed') failed += 1;
if (verdict === 'skipped') skipped += 1;
rmSync(scratch, { recursive: true, force: true });
if (jest.status !== 0 && failed === 0) failed += 1;
console.log(`\n${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
process.exit(failed === 0 ? 0 : 1);
