import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readRotationEvent } from '../../../../src/agent/rotation/events/rotation-event.js';
import { ARN, labelUpdated, serviceEvent, trailCall } from './secrets-manager-events.js';

const read = (event: unknown) => readRotationEvent(JSON.stringify(event));

describe('a rotation event', () => {
  it('is a move of the label AWSCURRENT, which needs no CloudTrail', () => {
    expect(read(labelUpdated('prod/db'))).toEqual({ kind: 'changed', names: ['prod/db', `${ARN}prod/db-a1b2c3`] });
  });

  it('is nothing to do when another label moved', () => {
    expect(read(labelUpdated('prod/db', 'staging-label'))).toMatchObject({ kind: 'none' });
  });

  it.each(['PutSecretValue', 'UpdateSecret', 'UpdateSecretVersionStage', 'RotateSecret', 'RestoreSecret'])(
    'is the call %s, by name and by ARN',
    (name) => {
      expect(read(trailCall(name, 'prod/db'))).toEqual({ kind: 'changed', names: ['prod/db', `${ARN}prod/db-a1b2c3`] });
    },
  );

  it('is a call that tells the ARN under its older spelling', () => {
    const event = trailCall('PutSecretValue', 'prod/db');
    const detail = { ...event.detail, requestParameters: null, responseElements: { aRN: `${ARN}prod/db-a1b2c3` } };
    expect(read({ ...event, detail })).toEqual({ kind: 'changed', names: [`${ARN}prod/db-a1b2c3`] });
  });

  it.each(['AWS Service Event via CloudTrail', 'AWS API Call via CloudTrail'] as const)(
    'is a rotation that succeeded or failed, as %s',
    (type) => {
      expect(read(serviceEvent('RotationSucceeded', 'prod/db', type))).toEqual({ kind: 'changed', names: [`${ARN}prod/db-a1b2c3`] });
      expect(read(serviceEvent('RotationFailed', 'prod/db', type))).toMatchObject({ kind: 'failed' });
    },
  );

  it('is the end of a secret', () => {
    expect(read(trailCall('DeleteSecret', 'prod/db'))).toMatchObject({ kind: 'deleted', names: ['prod/db', expect.any(String)] });
  });

  it('is nothing to do where the call was refused, or changes no value', () => {
    const { detail, ...refused } = trailCall('PutSecretValue', 'prod/db');
    expect(read({ ...refused, detail: { ...detail, errorCode: 'AccessDenied' } })).toEqual({ kind: 'none', names: [] });
    expect(read({ ...refused, detail: { ...detail, errorCode: { odd: true } } })).toEqual({ kind: 'none', names: [] });
    expect(read(trailCall('GetSecretValue', 'prod/db'))).toEqual({ kind: 'none', names: [] });
    expect(read(trailCall('constructor', 'prod/db'))).toEqual({ kind: 'none', names: [] });
  });

  it('is a message of another sender that names the id', () => {
    expect(read({ secret_id: 'prod/db' })).toEqual({ kind: 'changed', names: [], id: 'prod/db' });
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '"prod/db"'],
    ['null', 'null'],
    ['empty', ''],
    ['of another source', JSON.stringify({ ...trailCall('PutSecretValue', 'prod/db'), source: 'aws.ec2' })],
    ['of another service', JSON.stringify({ ...trailCall('PutSecretValue', 'prod/db'), detail: { eventSource: 'ec2.amazonaws.com' } })],
    [
      'without any name',
      JSON.stringify({
        ...serviceEvent('RotationSucceeded', 'x'),
        detail: { ...serviceEvent('RotationSucceeded', 'x').detail, additionalEventData: { SecretId: ['x'] } },
      }),
    ],
    ['with a name that is too long', JSON.stringify({ secret_id: 'x'.repeat(257) })],
    ['with more than the id', JSON.stringify({ secret_id: 'prod/db', value: 'x' })],
    ['too large', JSON.stringify({ ...labelUpdated('prod/db'), padding: 'x'.repeat(262_144) })],
    ['nested too deep for some', '['.repeat(100_000)],
  ])('is not what is %s', (_, body) => {
    expect(readRotationEvent(body)).toBeUndefined();
  });

  it('is read without fault from whatever anybody writes', () => {
    const odd = fc.record(
      {
        source: fc.constantFrom('aws.secretsmanager', 'x'),
        'detail-type': fc.constantFrom('Secret Label Updated', 'AWS API Call via CloudTrail'),
        detail: fc.jsonValue(),
        resources: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          odd.map((value) => JSON.stringify(value)),
        ),
        (body) => {
          const event = readRotationEvent(body);
          for (const name of event?.names ?? []) expect(typeof name).toBe('string');
        },
      ),
    );
  });
});
