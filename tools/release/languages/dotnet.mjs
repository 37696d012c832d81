import { join } from 'node:path';
import { writeZip } from '../archives.mjs';
import { filesUnder } from '../files.mjs';
import { generateBindings, library } from './bindings.mjs';

/** Packs the generated project: `dotnet build` in it makes the NuGet package. */
export async function makeDotnet({ folder, scratch, time }) {
  const { packageId } = library.jsii.targets.dotnet;
  const code = join(generateBindings('dotnet', scratch), packageId);
  const top = `${packageId}.${library.version}`;
  await writeZip(join(folder, `${top}.zip`), top, filesUnder(code), time);
}
