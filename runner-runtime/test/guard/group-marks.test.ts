import { describe, expect, it } from '@jest/globals';
import { createMarks } from '../../src/guard/group-marks.js';
import { StateKey } from '../../src/guard/state-key.js';
import { anIntent, GROUP, SYSTEM } from './builders.js';

const stateKey = new StateKey('a-state-key-of-at-least-32-characters');
const OTHER_GROUP = { ...GROUP, runnerGroupId: 'group-2' };
const OTHER_SYSTEM = { ...SYSTEM, id: 'other.example.com' };
const marks = createMarks(stateKey, GROUP, SYSTEM);

describe('a mark', () => {
  it.each(['active', 'revoked'] as const)('says that an access is %s', async (state) => {
    expect(await marks.read(await marks.write(state, anIntent()))).toEqual({ state, intent: anIntent() });
  });

  it('holds the characters of a URL only, about one kilobyte', async () => {
    const text = await marks.write('active', anIntent());
    expect(text).toMatch(/^[A-Za-z0-9._-]+$/);
    expect(text.length).toBeLessThan(1500);
  });

  it('is worth nothing when it was copied from another tenant, group or system', async () => {
    const foreign = [{ tenantId: 'other' }, { runnerGroupId: 'group-2' }, { system: OTHER_SYSTEM }];
    for (const changes of foreign) expect(await marks.read(await marks.write('active', anIntent(changes)))).toBeUndefined();
    const own = await marks.write('active', anIntent());
    expect(await createMarks(stateKey, OTHER_GROUP, SYSTEM).read(own)).toBeUndefined();
    expect(await createMarks(stateKey, GROUP, OTHER_SYSTEM).read(own)).toBeUndefined();
  });

  it('is worth nothing under another key', async () => {
    const other = createMarks(new StateKey('another-key-of-at-least-32-characters'), GROUP, SYSTEM);
    expect(await other.read(await marks.write('active', anIntent()))).toBeUndefined();
  });

  it('is none when it is another sealed document, although the key is right', async () => {
    expect(await marks.read(stateKey.seal('intent', anIntent()))).toBeUndefined();
    expect(await marks.read(stateKey.seal('ticket', anIntent()))).toBeUndefined();
  });

  it('is none when it holds no intent', async () => {
    const { expiresAt: _, ...incomplete } = anIntent();
    for (const document of [null, {}, 'text', incomplete, { ...anIntent(), more: 1 }]) {
      expect(await marks.read(stateKey.seal('active', document))).toBeUndefined();
    }
  });

  it.each(['', 'created by an administrator', 'active.x.y.z'])('is none when it is %j', async (text) => {
    expect(await marks.read(text)).toBeUndefined();
  });
});

describe('the name of an object', () => {
  it('differs by request, purpose, group and system', () => {
    const names = [
      marks.name('request-1', 'role'),
      marks.name('request-2', 'role'),
      marks.name('request-1', 'policy'),
      marks.sharedName('role'),
      marks.sharedName('request-1'),
      createMarks(stateKey, OTHER_GROUP, SYSTEM).name('request-1', 'role'),
      createMarks(stateKey, GROUP, OTHER_SYSTEM).name('request-1', 'role'),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  it('is the same each time, so that a second attempt finds what the first one made', () => {
    expect(createMarks(stateKey, GROUP, SYSTEM).name('request-1', 'role')).toBe(marks.name('request-1', 'role'));
  });
});
