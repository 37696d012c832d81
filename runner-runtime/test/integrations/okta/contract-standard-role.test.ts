import { describeFurtherWay } from '../contract-suite.js';
import { contractHarness } from './contract-harness.js';

describeFurtherWay('okta, standard role', contractHarness('standard role'));
