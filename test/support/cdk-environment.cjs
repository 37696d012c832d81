const { createRequire } = require('node:module');
const { TestEnvironment } = require('jest-environment-node');

/**
 * Node, with one engine of the CDK's template validator for all suites of a worker: a new one compiles its rules, which takes eight seconds
 * of processor time, and jest loads every module anew for each suite. Asked for by `template-validator.cjs`.
 */
class CdkEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.templateValidator = templateValidator;
  }
}

const requireOfCdk = createRequire(require.resolve('aws-cdk-lib/package.json'));
const validator = requireOfCdk('@aws/cloudformation-validate');
let engine;

/** The validator's package; its engine is made anew only for rules that are not the CDK's own. */
const templateValidator = {
  ...validator,
  RegoEngine: function RegoEngine(rules = {}) {
    if (Object.keys(rules).length > 0) return new validator.RegoEngine(rules);
    engine ??= new validator.RegoEngine(rules);
    return engine;
  },
};

module.exports = CdkEnvironment;
