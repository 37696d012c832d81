import { describeFurtherWay } from '../contract-suite.js';
import { contractHarness } from './contract-harness.js';

describeFurtherWay('aws, a policy in the request', contractHarness('policy'));
