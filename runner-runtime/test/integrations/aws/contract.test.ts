import { describeIntegration } from '../contract-suite.js';
import { contractHarness } from './contract-harness.js';

describeIntegration('aws, a permission set', contractHarness('permission set'));
