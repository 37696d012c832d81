import { describeFurtherWay } from '../contract-suite.js';
import { contractHarness } from './contract-harness.js';

describeFurtherWay('gcp, a basic role', contractHarness('roles/viewer'));
