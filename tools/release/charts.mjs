import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { root } from '../install.mjs';

/**
 * The repository of Helm charts: `charts/index.yaml` and an archive of each chart, the same for the same files, which `helm package` is not.
 * @param previousIndex text of the index that is published now: its versions stay
 * @see https://helm.sh/docs/topics/chart_repository/
 */
export function makeCharts({ charts, released, baseUrl, previousIndex }) {
  mkdirSync(charts, { recursive: true });
  const entries = previousIndex === undefined ? {} : (parse(previousIndex)?.entries ?? {});
  for (const name of readdirSync(join(root, 'deploy/helm')).sort()) {
    const chart = parse(readFileSync(join(root, 'deploy/helm', name, 'Chart.yaml'), 'utf8'));
    const file = `${name}-${chart.version}.tgz`;
    const archive = archiveOf(name, released);
    writeFileSync(join(charts, file), archive);
    const digest = createHash('sha256').update(archive).digest('hex');
    const entry = { ...chart, created: released.toISOString(), digest, urls: [`${baseUrl}/charts/${file}`] };
    entries[name] = [entry, ...(entries[name] ?? []).filter(({ version }) => version !== chart.version)];
  }
  const index = { apiVersion: 'v1', entries, generated: released.toISOString() };
  writeFileSync(join(charts, 'index.yaml'), stringify(index, { aliasDuplicateObjects: false }));
}

function archiveOf(name, released) {
  const order = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX', '--format=ustar'];
  const args = ['--create', '--use-compress-program=gzip -9n', `--mtime=@${released.getTime() / 1000}`, ...order, name];
  const { status, stdout, stderr, error } = spawnSync('tar', args, { cwd: join(root, 'deploy/helm'), maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`the chart ${name} cannot be packed: ${error?.message ?? stderr}. It needs GNU tar and gzip.`);
  return stdout;
}
