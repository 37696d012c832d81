/**
 * The section of a version in a changelog in the format of "Keep a Changelog".
 * @param {string} changelog
 * @param {string} version
 * @returns {{ notes: string, date: string | undefined }} `date` is absent while it is not released
 * @throws {Error} when there is none
 * @see https://keepachangelog.com/en/1.1.0/
 */
export function notesOf(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1);
  const dated = sections.find((section) => section.startsWith(`${version} (`) || section.startsWith(`[${version}] `));
  const section = dated ?? sections.find((text) => text.startsWith(`Unreleased (${version})`));
  if (section === undefined) {
    throw new Error(
      `CHANGELOG.md has no section of ${version}. Allowed: "## ${version} (yyyy-mm-dd)", or "## Unreleased (${version})" until then.`,
    );
  }
  const [title, ...lines] = section.split('\n');
  return { notes: `${lines.join('\n').trim()}\n`, date: /\d{4}-\d{2}-\d{2}/.exec(title)?.[0] };
}
