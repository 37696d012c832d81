import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requestIdSchema } from '@axiom-runner/protocol';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openRequestIds } from '../../../../src/agent/vaults/dynamic/request-ids.js';
import { PrivateFileError } from '../../../../src/operations/private-file.js';

describe('request ids of an agent', () => {
  let base: string;
  let state: string;
  const file = () => join(state, 'dynamic.json');

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'axiom-request-ids-'));
    state = join(base, 'state');
  });
  afterEach(() => rmSync(base, { recursive: true }));

  it('are those of requests, each another', async () => {
    const ids = await openRequestIds(state);
    const made = Array.from({ length: 1_000 }, () => ids.next());
    expect(new Set(made).size).toBe(1_000);
    for (const id of made) expect(requestIdSchema.safeParse(id).success).toBe(true);
  });

  it('show which are of an earlier life of the same agent', async () => {
    const before = (await openRequestIds(state)).next();
    const ids = await openRequestIds(state);
    const other = (await openRequestIds(join(base, 'other'))).next();
    expect([before, ids.next(), other, 'request-1', 'agent-', ''].map(ids.isOfEarlierLife)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it('are of another agent where a copy of the folder is on another host', async () => {
    const id = (await openRequestIds(state, 'one')).next();
    cpSync(state, join(base, 'copy'), { recursive: true });
    expect((await openRequestIds(join(base, 'copy'), 'two')).isOfEarlierLife(id)).toBe(false);
    expect((await openRequestIds(join(base, 'copy'), 'one')).isOfEarlierLife(id)).toBe(true);
  });

  it.each(['', '{', '[]', '{"instance":"short"}', '{"instance":7}'])('begin anew where the file holds %j', async (text) => {
    const before = (await openRequestIds(state)).next();
    writeFileSync(file(), text);
    const ids = await openRequestIds(state);
    expect(ids.isOfEarlierLife(before)).toBe(false);
    expect((await openRequestIds(state)).isOfEarlierLife(ids.next())).toBe(true);
  });

  it('are not taken from a file that others may write', async () => {
    await openRequestIds(state);
    chmodSync(file(), 0o666);
    await expect(openRequestIds(state)).rejects.toThrow(PrivateFileError);
  });
});
