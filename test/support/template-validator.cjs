/** What the CDK gets for `@aws/cloudformation-validate` in tests: see `cdk-environment.cjs`. */
module.exports = globalThis.templateValidator;
