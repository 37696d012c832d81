import { describeIntegration } from '../contract-suite.js';
import { contractHarness } from './contract-harness.js';

describeIntegration('okta, app', contractHarness('app'));
