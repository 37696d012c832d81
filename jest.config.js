/** Constructs are CommonJS, as jsii compiles them; everything else is ESM. */
const swc = (type) => [
  '@swc/jest',
  { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type }, sourceMaps: 'inline' },
];

/** ES modules name the files that they import with `.js`. */
const sourcesOfEsm = { moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' } };

const project = (displayName, root, { esm = true, importsEsm = esm, ignore = [] } = {}) => ({
  displayName,
  rootDir: __dirname,
  roots: [`<rootDir>/${root}`],
  testMatch: ['**/*.test.ts'],
  testEnvironment: 'node',
  testPathIgnorePatterns: ['/node_modules/', ...ignore],
  modulePathIgnorePatterns: ['<rootDir>/(dist|dist-lang|cdk.out|deploy)/', '<rootDir>/[^/]+/dist/'],
  transform: { '\\.ts$': swc(esm ? 'es6' : 'commonjs') },
  ...(importsEsm && sourcesOfEsm),
  ...(esm && { extensionsToTreatAsEsm: ['.ts'] }),
});

module.exports = {
  // As many as the smallest machine has processors: more would make real servers run into their time limits.
  maxWorkers: 2,
  // A busy machine is slow, which is no fault of what is tested.
  testTimeout: 30_000,
  projects: [
    project('constructs', 'test', { esm: false, ignore: ['<rootDir>/test/(e2e|parity|release|languages|packages)/'] }),
    project('parity', 'test/parity', { esm: false, importsEsm: true }),
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
