import type { FakeCall, FakeReply } from '../fake-vendor.js';

/** A call of AWS: what it asks for, and by whose key. */
export interface AwsCall {
  readonly action: string;
  /** Fields of the JSON or of the form. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly accessKeyId: string;
  readonly region: string;
  readonly json: boolean;
}

const TARGET = /\.([A-Za-z]+)$/;
const CREDENTIAL = /Credential=([^/]+)\/\d+\/([a-z0-9-]+)\//;

export function awsCall({ headers, body }: FakeCall): AwsCall {
  const target = headers['x-amz-target'];
  const input = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const [, accessKeyId = '', region = ''] = CREDENTIAL.exec(headers['authorization'] ?? '') ?? [];
  const action = target === undefined ? String(input['Action'] ?? '') : (TARGET.exec(target)?.[1] ?? '');
  return { action, input, accessKeyId, region, json: target !== undefined };
}

/** An answer of the JSON services. */
export function answer(body: object): FakeReply {
  return { status: 200, body: JSON.stringify(body), headers: { 'content-type': 'application/x-amz-json-1.1' } };
}

/** An error as AWS words it: status 400 from the JSON services, 403 or 4xx with XML from IAM and STS. */
export function refusal(call: Pick<AwsCall, 'json'>, code: string, message: string, status = 400): FakeReply {
  if (call.json) {
    return {
      status: 400,
      body: JSON.stringify({ __type: `${code}Exception`, Message: message }),
      headers: { 'content-type': 'application/x-amz-json-1.1' },
    };
  }
  const text = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>0</RequestId></ErrorResponse>`;
  return { status, body: text, headers: { 'content-type': 'text/xml' } };
}
