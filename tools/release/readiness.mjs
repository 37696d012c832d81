import { execFileSync } from 'node:child_process';
import { root } from '../install.mjs';

const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/** The commit that is released: everything that is made bears its time, so that it can be made again. */
export function commitOf() {
  const [id, seconds] = git('log', '-1', '--format=%H %ct').split(' ');
  return {
    id,
    time: new Date(Number(seconds) * 1000),
    tags: git('tag', '--points-at', 'HEAD').split('\n'),
    changed: git('status', '--porcelain').split('\n').filter(Boolean),
  };
}

/** What keeps a commit from being released; nothing when it may be. */
export function faultsOf({ version, commit, date, signingKey, complete }) {
  const [first] = commit.changed;
  return [
    ...(first === undefined
      ? []
      : [`the checkout has ${commit.changed.length} changed files, such as ${first.slice(3)}. Commit or remove them.`]),
    ...(commit.tags.includes(`v${version}`) ? [] : [`the commit has no tag v${version}. Tag it: git tag -s v${version}`]),
    ...(date === undefined ? [`CHANGELOG.md names no date for ${version}. Run npm run release:version -- ${version}.`] : []),
    ...(signingKey === undefined ? ['RELEASE_SIGNING_KEY is not set. Allowed: an Ed25519 private key in PEM.'] : []),
    ...(complete ? [] : ['--only, --without and --built are for a dry run.']),
  ];
}
