import { describe, expect, it } from '@jest/globals';
import { idsOfEvent } from '../../../../src/agent/rotation/events/handle-event.js';
import { isSameSecret } from '../../../../src/agent/rotation/events/secret-names.js';
import { ARN } from './secrets-manager-events.js';

const KNOWN = ['db', 'cache', 'constructor', 'named', 'by-arn'];
const NAMING = { vaultPrefix: 'prod/', secrets: { named: { name: 'legacy/db' }, 'by-arn': { name: `${ARN}elsewhere-a1b2c3` }, cache: {} } };
const ids = (...names: string[]) => idsOfEvent({ kind: 'changed', names }, KNOWN, NAMING);

describe('the ids of an event', () => {
  it('are those whose prefix and id, or own name, the event tells', () => {
    expect(ids('prod/db')).toEqual(['db']);
    expect(ids('legacy/db')).toEqual(['named']);
    expect(ids('prod/named')).toEqual([]);
    expect(ids('prod/constructor')).toEqual(['constructor']);
    expect(ids('Object')).toEqual([]);
  });

  it('are found by an ARN with its random end, or without', () => {
    expect(ids(`${ARN}prod/db-AbC123`)).toEqual(['db']);
    expect(ids(`${ARN}prod/db`)).toEqual(['db']);
    expect(ids('elsewhere')).toEqual(['by-arn']);
    expect(ids(`${ARN}elsewhere`)).toEqual(['by-arn']);
  });

  it('are the id itself of a message that names it, once', () => {
    expect(idsOfEvent({ kind: 'changed', names: ['prod/db'], id: 'db' }, [...KNOWN, 'db'], NAMING)).toEqual(['db']);
    expect(idsOfEvent({ kind: 'changed', names: [], id: 'unknown' }, KNOWN, NAMING)).toEqual([]);
  });

  it('are none of another secret, not even of one whose name goes on or that lies in another account', () => {
    expect(ids('prod/db2', 'prod/d', 'prod/db/', 'db', `${ARN}prod/db-AbC12`)).toEqual([]);
    expect(isSameSecret(`${ARN}x-a1b2c3`, 'arn:aws:secretsmanager:us-east-1:210987654321:secret:x-a1b2c3')).toBe(false);
  });

  it('may be one too many where a name ends like an ARN: asking in vain does no harm, missing one does', () => {
    expect(isSameSecret('db-backup', `${ARN}db-backup-AbC123`)).toBe(true);
    expect(isSameSecret('db-backup', `${ARN}db-backup`)).toBe(true);
  });
});
