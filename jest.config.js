/** Constructs are CommonJS, as jsii compiles them; everything else is ESM. */
const swc = (type) => [
  '@swc/jest',
  { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type }, sourceMaps: 'inline' },
];

const project = (displayName, root, { esm = true, ignore = [] } = {}) => ({
  displayName,
  rootDir: __dirname,
  roots: [`<rootDir>/${root}`],
  testMatch: ['**/*.test.ts'],
  testEnvironment: 'node',
  testPathIgnorePatterns: ['/node_modules/', ...ignore],
  modulePathIgnorePatterns: ['<rootDir>/(dist|dist-lang|cdk.out|deploy)/', '<rootDir>/[^/]+/dist/'],
  transform: { '\\.ts$': swc(esm ? 'es6' : 'commonjs') },
  ...(esm && { extensionsToTreatAsEsm: ['.ts'], moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' } }),
});

module.exports = {
  projects: [
    project('constructs', 'test', { esm: false, ignore: ['<rootDir>/test/e2e/'] }),
    project('protocol', 'protocol'),
    project('runtime', 'runner-runtime/test'),
    project('control-plane', 'control-plane/test'),
    project('local-servers', 'local-servers/test'),
    project('e2e', 'test/e2e'),
  ],
};
