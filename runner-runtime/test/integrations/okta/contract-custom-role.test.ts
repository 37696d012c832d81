import { describeFurtherWay } from '../contract-suite.js';
import { contractHarness } from './contract-harness.js';

describeFurtherWay('okta, custom role', contractHarness('custom role'));
