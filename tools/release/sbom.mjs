import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { write } from './files.mjs';

/**
 * Writes the bill of materials of a file: `sbom/<path>.cdx.json`, CycloneDX 1.6, the same for the same file.
 * @param {object} release
 * @param {string} path of the file, relative to the release
 * @param {object[]} components what is inside beside the file itself, as CycloneDX has them
 * @throws {Error} when it does not match the schema
 * @see https://cyclonedx.org/docs/1.6/json/
 */
export async function writeSbom({ folder, version, released }, path, components) {
  const digest = createHash('sha256')
    .update(readFileSync(join(folder, path)))
    .digest('hex');
  const ref = `axiom-runner:${path}`;
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(digest)}`,
    version: 1,
    metadata: {
      timestamp: released.toISOString(),
      component: {
        type: 'application',
        'bom-ref': ref,
        name: path,
        version,
        licenses: [{ license: { id: 'Apache-2.0' } }],
        hashes: [{ alg: 'SHA-256', content: digest }],
      },
    },
    components,
    dependencies: [{ ref, dependsOn: components.map((component) => component['bom-ref']) }],
  };
  const text = `${JSON.stringify(bom, undefined, 2)}\n`;
  const fault = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
  if (fault !== null)
    throw new Error(`the bill of materials of ${path} does not match the schema of CycloneDX: ${JSON.stringify(fault).slice(0, 500)}`);
  write(join(folder, 'sbom', `${path}.cdx.json`), text);
}

/** A UUID made of a digest: version 8 of RFC 9562. */
function uuidOf(digest) {
  const [a, b, c, d, e] = [0, 8, 12, 16, 20].map((at, index) => digest.slice(at, at + [8, 4, 4, 4, 12][index]));
  return `${a}-${b}-8${c.slice(1)}-8${d.slice(1)}-${e}`;
}
