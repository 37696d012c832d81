#!/usr/bin/env node
import { App } from 'aws-cdk-lib';
import { InvalidSetting } from '../constructs/checks/setting-check';
import { EXIT_CONFIG } from '../contract/exit-codes';
import { readSettings, SettingsError } from './settings';
import { stacksOf } from './stacks';
import { summaryOf } from './summary';

try {
  const app = new App();
  // Standard output belongs to the template that `cdk synth` prints.
  console.error(summaryOf(stacksOf(app, readSettings(app.node.getAllContext()))));
  app.synth();
} catch (error) {
  if (!(error instanceof SettingsError || error instanceof InvalidSetting)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = EXIT_CONFIG;
}
