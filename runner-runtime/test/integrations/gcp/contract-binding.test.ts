import { describeIntegration } from '../contract-suite.js';
import { contractHarness } from './contract-harness.js';

describeIntegration('gcp, a role by a conditional binding', contractHarness('roles/storage.objectViewer'));
