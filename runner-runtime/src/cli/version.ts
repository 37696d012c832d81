import { isSea } from 'node:sea';
import { VERSION } from '../version.js';

/** The command `version` without `--check`. */
export function versionText(asJson: boolean): string {
  return asJson ? `${JSON.stringify({ version: VERSION, node: process.version, executable: isSea() })}\n` : `axiomrunner ${VERSION}\n`;
}
