import { describeIntegration } from '../contract-suite.js';
import { contractHarness } from './contract-harness.js';

describeIntegration('Microsoft Entra ID, groups', contractHarness('group'));
