import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Record<string, string>;
}

describe.each(['package-lock.json', 'site/package-lock.json'])('%s', (path) => {
  const { packages } = JSON.parse(readFileSync(join(__dirname, '..', path), 'utf8')) as { packages: Record<string, LockedPackage> };

  it('names no registry, so that it installs from any', () => {
    expect(Object.entries(packages).filter(([, { resolved }]) => resolved?.startsWith('http'))).toEqual([]);
  });

  it('has an entry for the binaries of every platform, or npm ci refuses it', () => {
    const names = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')));
    const missing = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies).filter((name) => !names.has(name)),
    );
    expect(missing).toEqual([]);
  });
});
