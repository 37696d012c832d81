import { RunnerError } from '../../errors.js';
import type { Refusal } from '../../integration-kit/http/json-client.js';

/** What a refusal of JumpCloud means, as far as its status and its place tell. https://jumpcloud.com/support/best-practices-jumpcloud-api */
export function explain({ status, method, path }: Refusal): RunnerError | undefined {
  const object = `${method} ${path}`;
  if (status === 401) {
    return new RunnerError(
      'TARGET_AUTH_FAILED',
      'JumpCloud refuses the API key: it has expired, was replaced, is switched off for its administrator, or is of another region.',
      {
        object,
        mend: 'Put a new key into the secret: My API Key in the menu of the administrator. For the EU: api_base_url https://console.eu.jumpcloud.com.',
      },
    );
  }
  if (status === 402) {
    return new RunnerError('UNSUPPORTED', "The organization's plan does not include this.", {
      object,
      mend: 'Compare the plan with docs/integrations/jumpcloud.md.',
    });
  }
  if (status === 403) {
    return new RunnerError('TARGET_PERMISSION_DENIED', 'The role of the administrator whose key it is does not allow this.', {
      object,
      mend: 'Run the connection test, and compare the role with docs/integrations/jumpcloud.md.',
    });
  }
  if (status === 400 && method === 'POST' && path === '/api/v2/accessrequests') {
    return new RunnerError('UNSUPPORTED', 'JumpCloud gives the user no temporary privileges on this device.', {
      object,
      mend: 'Look in the console whether the user is bound to the device directly, and whether a group gives him privileges on it already.',
    });
  }
  return undefined;
}
