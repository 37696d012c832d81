import { describe, expect, it } from '@jest/globals';
import { parseEnvFile } from '../../src/config/env-file.js';

const variables = (text: string) => parseEnvFile(text).variables;

describe('an env file', () => {
  it("is read as the published guide's text stands there, blank lines and indentation included", () => {
    const guide = `
      TENANT_ID=acme

      RUNNER_GROUP_ID=group-1
      RUNNER_API_KEY=key
      SECRETS_STORE_ENGINE=aws-secrets-manager
      WORKFLOW_RESULT_TASK_QUEUE=AxiomWorkflowResultHandlerTaskQueue
      WORKFLOW_RESULT_ACTIVITY_NAME=HandleWorkflowResult
      AXIOM_ACTIONS_ADDRESS_AND_PORT=axiomactions.axiom.security:443
      `;
    expect(variables(guide)).toEqual({
      TENANT_ID: 'acme',
      RUNNER_GROUP_ID: 'group-1',
      RUNNER_API_KEY: 'key',
      SECRETS_STORE_ENGINE: 'aws-secrets-manager',
      WORKFLOW_RESULT_TASK_QUEUE: 'AxiomWorkflowResultHandlerTaskQueue',
      WORKFLOW_RESULT_ACTIVITY_NAME: 'HandleWorkflowResult',
      AXIOM_ACTIONS_ADDRESS_AND_PORT: 'axiomactions.axiom.security:443',
    });
  });

  it.each([
    ['CRLF line ends', 'A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['comments and blank lines', '# c\n\n  # d\nA=1', { A: '1' }],
    ['export', 'export A=1', { A: '1' }],
    ['double quotes', 'A="1 2"', { A: '1 2' }],
    ['single quotes', "A='1 2'", { A: '1 2' }],
    ['an equals sign and a hash inside a value', 'A=b=c#d', { A: 'b=c#d' }],
    ['a JSON value', 'A={"kty":"OKP"}', { A: '{"kty":"OKP"}' }],
    ['an empty value', 'A=', { A: '' }],
    ['blanks around the equals sign', 'A = 1 ', { A: '1' }],
    ['a byte order mark', '\uFEFFA=1', { A: '1' }],
    ['the last of two lines', 'A=1\nA=2', { A: '2' }],
  ])('may have %s', (_, text, expected) => {
    expect(variables(text)).toEqual(expected);
  });

  it('expands nothing', () => {
    expect(variables('A=$HOME `id` ${B}')).toEqual({ A: '$HOME `id` ${B}' });
  });

  it('names the lines that are no settings', () => {
    expect(parseEnvFile('A=1\nnonsense\n=2\n').faultyLines).toEqual([2, 3]);
  });
});
