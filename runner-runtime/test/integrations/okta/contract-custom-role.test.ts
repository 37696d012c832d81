import { describeIntegration } from '../contract-suite.js';
import { contractHarness } from './contract-harness.js';

describeIntegration('okta, custom role', contractHarness('custom role'));
