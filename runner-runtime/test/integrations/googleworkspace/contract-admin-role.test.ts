import { describeFurtherWay } from '../contract-suite.js';
import { workspaceHarness } from './contract-harness.js';

describeFurtherWay('Google Workspace, roles of administrators', workspaceHarness('admin-role'));
