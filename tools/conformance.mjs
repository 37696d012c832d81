import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

/** Judges recorded HTTP traffic by the vendors' own API descriptions; it is no part of the project. */
const CHECKER = process.env.VENDOR_CONFORMANCE || join(root, '../shared/conformance');

/**
 * Judges what the integrations' tests asked of their vendors.
 * @param {string} folder the folder that RECORD_HTTP named
 * @returns {'passed' | 'failed' | 'skipped'}
 */
export function judgeTraffic(folder) {
  const records = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  if (!existsSync(join(CHECKER, 'check.mjs'))) {
    console.log('skipped: no checker of vendor traffic; VENDOR_CONFORMANCE may name its folder');
    return 'skipped';
  }
  if (records.length === 0) {
    console.log('skipped: no traffic was recorded');
    return 'skipped';
  }
  const { status } = spawnSync(process.execPath, [join(CHECKER, 'check.mjs'), ...records], { stdio: 'inherit' });
  return status === 0 ? 'passed' : 'failed';
}
