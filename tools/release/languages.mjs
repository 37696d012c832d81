import { register } from 'tsx/esm/api';
import { installPackages } from '../install.mjs';

/** `node tools/release/languages.mjs`: see tools/release/languages/command.mjs, which needs the packages and TypeScript. */
installPackages();
register();
const { makeLanguages } = await import('./languages/command.mjs');
await makeLanguages(process.argv.slice(2));
