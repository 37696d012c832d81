import { describeFurtherWay } from '../contract-suite.js';
import { contractHarness } from './contract-harness.js';

describeFurtherWay('Microsoft Entra ID, directory roles', contractHarness('directory'));
