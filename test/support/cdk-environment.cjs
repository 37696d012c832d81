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
const package_ = requireOfCdk('@aws/cloudformation-validate');
const engine = new package_.RegoEngine({});

/** The validator's package; its engine is made anew only for rules that are not the CDK's own. */
const templateValidator = {
  ...package_,
  RegoEngine: function RegoEngine(rules = {}) {
    return Object.keys(rules).length === 0 ? engine : new package_.RegoEngine(rules);
  },
};

module.exports = CdkEnvironment;
