import { Opened } from '../../src/agent/opened.js';

describe('what was opened', () => {
  it('is closed the other way round, each part when the one before it is', async () => {
    const story: string[] = [];
    const opened = new Opened();
    for (const name of ['trail', 'vault', 'listeners']) {
      opened.add({
        close: async () => {
          story.push(`closing ${name}`);
          await Promise.resolve();
          story.push(`closed ${name}`);
        },
      });
    }
    opened.add(undefined);
    await opened.close();
    expect(story).toEqual(['closing listeners', 'closed listeners', 'closing vault', 'closed vault', 'closing trail', 'closed trail']);
    await opened.close();
    expect(story).toHaveLength(6);
  });

  it('is closed to the last, so that the trail is written whatever failed before it', async () => {
    const closed: string[] = [];
    const opened = new Opened();
    opened.add({ close: () => closed.push('trail') });
    opened.add({ close: () => Promise.reject(new Error('the database is gone')) });
    opened.add({ close: () => closed.push('listeners') });
    await expect(opened.close()).rejects.toThrow('the database is gone');
    expect(closed).toEqual(['listeners', 'trail']);
  });
});
