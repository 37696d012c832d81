import { describeIntegration } from '../contract-suite.js';
import { workspaceHarness } from './contract-harness.js';

describeIntegration('Google Workspace, members of groups', workspaceHarness('membership'));
