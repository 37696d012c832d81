import { describe, expect, it } from '@jest/globals';
import { isPolicy, readPolicy, requireHarmlessPolicy } from '../../../src/integrations/aws/policy-document.js';

const policy = (...statements: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (Action: string | readonly string[], more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more });

describe('a policy in a request', () => {
  it('is told from the name of a permission set by its first character', () => {
    expect(isPolicy(' {"Statement":[]}')).toBe(true);
    expect(isPolicy('ReadOnly')).toBe(false);
  });

  for (const taken of [
    policy(allow('s3:GetObject')),
    policy(allow(['ec2:Describe*', 's3:?etObject'], { Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } } })),
    policy(allow('s3:*'), { Effect: 'Deny', NotAction: 's3:Get*', Resource: '*' }),
    policy(allow('s3:*'), { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:s3:::example/*' }),
    '{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":["*"]}}',
  ]) {
    it(`is taken: ${taken}`, () => {
      expect(requireHarmlessPolicy(taken).Statement.length).toBeGreaterThan(0);
    });
  }

  for (const [what, text] of [
    ['no JSON', '{"Statement":'],
    ['no statement', '{"Version":"2012-10-17","Statement":[]}'],
    ['a principal', policy(allow('s3:*', { Principal: '*' }))],
    ['an unknown key', policy(allow('s3:*', { Notes: 'x' }))],
    ['both Action and NotAction', policy(allow('s3:*', { NotAction: 's3:*' }))],
    ['no resource', policy({ Effect: 'Allow', Action: 's3:*' })],
    ['an action that is none', policy(allow('everything please'))],
    ['an effect that is none', policy({ Effect: 'Perhaps', Action: 's3:*', Resource: '*' })],
    ['characters that AWS refuses', policy(allow('s3:*', { Sid: '日本' }))],
    ['an old version that is none', '{"Version":"2020-01-01","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'],
  ] as const) {
    it(`is refused with ${what}`, () => {
      expect(() => readPolicy(text)).toThrow(expect.objectContaining({ code: 'PERMISSION_NOT_FOUND' }));
    });
  }

  for (const [what, text] of [
    ['everything', policy(allow('*'))],
    ['a wild service', policy(allow('*:*'))],
    ['IAM in other letters', policy(allow('IAM:PassRole'))],
    ['further roles', policy(allow(['s3:*', 'sts:AssumeRole']))],
    ['Identity Center', policy(allow('sso:CreateAccountAssignment'))],
    ['everything but', policy({ Effect: 'Allow', NotAction: 's3:*', Resource: '*' })],
  ] as const) {
    it(`may not allow ${what}`, () => {
      expect(() => requireHarmlessPolicy(text)).toThrow(expect.objectContaining({ name: 'RunnerError' }));
    });
  }
});
