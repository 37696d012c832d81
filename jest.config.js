/** Constructs are CommonJS, as jsii compiles them; everything else is ESM. */
const swc = (type) => [
  '@swc/jest',
  { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type }, sourceMaps: 'inline' },
];

/** ES modules name the files that they import with `.js`. */
const sourcesOfEsm = { '^(\\.{1,2}/.*)\\.js$': '$1' };

/** The template validator of the CDK is made once a worker instead of once a suite. */
const oneValidator = { '^@aws/cloudformation-validate$': '<rootDir>/test/support/template-validator.cjs' };

const project = (displayName, root, { esm = true, importsEsm = esm, cdk = false, ignore = [] } = {}) => ({
  displayName,
  rootDir: __dirname,
  roots: [`<rootDir>/${root}`],
  testMatch: ['**/*.test.ts'],
  testEnvironment: cdk ? '<rootDir>/test/support/cdk-environment.cjs' : 'node',
  testPathIgnorePatterns: ['/node_modules/', ...ignore],
  modulePathIgnorePatterns: ['<rootDir>/(dist|dist-lang|cdk.out|deploy)/', '<rootDir>/[^/]+/dist/'],
  transform: { '\\.ts$': swc(esm ? 'es6' : 'commonjs') },
  moduleNameMapper: { ...(importsEsm && sourcesOfEsm), ...(cdk && oneValidator) },
  ...(esm && { extensionsToTreatAsEsm: ['.ts'] }),
});

module.exports = {
  // As many as the smallest machine has processors: more would make real servers run into their time limits.
  maxWorkers: 2,
  // ES modules of a suite that has ended stay in memory: without this the last suites run in gigabytes, at a third of the speed.
  workerIdleMemoryLimit: '700MB',
  // A busy machine is slow, which is no fault of what is tested.
  testTimeout: 30_000,
  projects: [
    project('constructs', 'test', { esm: false, cdk: true, ignore: ['<rootDir>/test/(e2e|parity|release|languages|packages)/'] }),
    project('parity', 'test/parity', { esm: false, importsEsm: true, cdk: true }),
    project('protocol', 'protocol'),
    project('runtime', 'runner-runtime/test'),
    project('control-plane', 'control-plane/test'),
    project('local-servers', 'local-servers/test'),
    project('e2e', 'test/e2e'),
    project('release', 'test/release'),
    project('packages', 'test/packages'),
    project('languages', 'test/languages'),
  ],
};
