import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { RunnerError } from '../../errors.js';
import { type Answer, vendorFetch } from '../../integration-kit/http/vendor-fetch.js';
import type { SystemAccess } from '../integration.js';
import { isThrottling, refusalError, type Service } from './refusals.js';
import type { AwsSecret } from './secret.js';

type SdkRequest = Parameters<NodeHttpHandler['handle']>[0];
interface SdkResponse {
  readonly response: {
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
  };
}
/** What carries the SDK's calls. */
export interface SdkHandler {
  handle(request: SdkRequest): Promise<SdkResponse>;
  readonly [unused: string]: unknown;
}

/** By these AWS changes nothing; taking on a role is a change only where it makes a credential for somebody, and then stands behind a gate of its own. */
const READS = /^(Get|List|Describe|Is|AssumeRole)/;
/** They belong to the connection, which computes them anew. */
const OWN_HEADERS = ['host', 'content-length'];

/**
 * Carries the SDK's calls over the shared HTTP client: gate, pace, repetitions and limits are those of all integrations. A refusal of AWS
 * becomes a typed error here, where service and action are known; the SDK sees whole answers only.
 */
export function sdkTransport(access: SystemAccess<AwsSecret>, service: Service): SdkHandler {
  const options = {
    where: { host: 'api_base_url and aws_region of the secret', port: 'api_base_url of the secret', ca: 'the CA bundle of the runner' },
    isThrottled: (answer: Answer) => answer.status >= 400 && answer.status < 500 && isThrottling(errorOf(textOf(answer.body)).code),
  };
  const read = vendorFetch(access, access.network.fetch, { ...options, isRead: () => true });
  const change = vendorFetch(access, access.network.fetch, options);
  return {
    handle: async (request) => {
      const action = actionOf(request);
      const headers = Object.entries(request.headers).filter(([name]) => !OWN_HEADERS.includes(name.toLowerCase()));
      const answer = await (READS.test(action) ? read : change)(urlOf(request), {
        method: request.method,
        headers,
        body: bodyOf(request),
      });
      const body = new Uint8Array(await answer.arrayBuffer());
      requireAnswer(service, action, answer.status, textOf(body));
      return { response: { statusCode: answer.status, headers: Object.fromEntries(answer.headers), body } };
    },
  };
}

function urlOf({ protocol, hostname, port, path }: SdkRequest): URL {
  return new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`);
}

/** Forms are text; JSON comes as bytes in a wrapper of the SDK, which is taken off. */
function bodyOf({ body }: SdkRequest): string | Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return Uint8Array.from(body);
  return String(body ?? '');
}

/** The JSON services name it in a header, the older ones in the form. */
function actionOf({ headers, body }: SdkRequest): string {
  const target = Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-amz-target')?.[1];
  return target?.split('.')[1] ?? new URLSearchParams(String(body ?? '')).get('Action') ?? '';
}

function requireAnswer(service: Service, action: string, status: number, text: string): void {
  const object = `${service}:${action}`;
  if (status >= 500) throw new RunnerError('TARGET_UNREACHABLE', `AWS does not do its work (status ${status}).`, { object });
  if (status >= 400) throw refusalError({ service, action, status, ...errorOf(text) });
  const whole = service === 'iam' || service === 'sts' ? text.includes(`<${action}Response`) : isJson(text);
  if (status < 300 && whole) return;
  throw new RunnerError('TARGET_UNREACHABLE', "The answer is not of the shape that AWS's interface promises.", {
    object,
    mend: 'Check that no proxy answers in the place of AWS, and api_base_url of the secret.',
  });
}

/** Code and words of an error in JSON (`__type`) or in XML (`<Code>`). */
function errorOf(text: string): { readonly code: string; readonly message: string } {
  const type = /"__type"\s*:\s*"(?:[^"]*#)?([A-Za-z]+)/.exec(text)?.[1] ?? /<Code>\s*([A-Za-z.]+)\s*<\/Code>/.exec(text)?.[1];
  return { code: type ?? '', message: text };
}

function isJson(text: string): boolean {
  try {
    return text === '' || typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString('utf8');
}
