import { describeIntegration } from '../contract-suite.js';
import { contractHarness } from './contract-harness.js';
import { FLAVOURS } from './flavours.js';

if (FLAVOURS.includes('mysql')) describeIntegration('mysql', contractHarness('mysql'));
