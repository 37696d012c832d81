import { readFile } from 'node:fs/promises';
import { SettingsError } from '../../config/settings.js';

/** Number of a group of this host, by name or number. https://man7.org/linux/man-pages/man5/group.5.html @throws {SettingsError} */
export async function groupId(group: string | number): Promise<number> {
  if (typeof group === 'number') return group;
  const lines = (await readFile('/etc/group', 'utf8').catch(() => '')).split('\n');
  const id = lines.map((line) => line.split(':')).find(([name]) => name === group)?.[2];
  if (id !== undefined) return Number(id);
  throw new SettingsError([
    {
      variable: 'listen.socket.group',
      found: `is "${group}", which is no group of this host`,
      mend: 'Write the name of a group in /etc/group, or its number.',
    },
  ]);
}
