#!/usr/bin/env node
import { App } from 'aws-cdk-lib';
import { EXIT_CONFIG } from '../contract/exit-codes';
import { OidcRoleStack, SecretsManagerRoleStack } from '../lib';
import { readSettings, SettingsError } from './settings';
import { summaryOf } from './summary';

function deploy(app: App): void {
  const settings = readSettings(app.node.getAllContext());
  const stacks = [
    new SecretsManagerRoleStack(app, 'AxiomSecretsManagerRole', settings.secretsManagerRole),
    new OidcRoleStack(app, 'AxiomOidcRole', settings.oidcRole),
  ];
  // Standard output belongs to the template that `cdk synth` prints.
  console.error(summaryOf(stacks));
}

try {
  const app = new App();
  deploy(app);
  app.synth();
} catch (error) {
  if (!(error instanceof SettingsError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = EXIT_CONFIG;
}
