/**
 * The part of the AWS SDK that the CDK's own functions ask for: AWS Lambda has the SDK in its Node.js runtimes, the emulator lacks this
 * client. Every operation is a method of `EC2`, as in the SDK's aggregated clients; an answer's body is dropped.
 */
const { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: keyId, AWS_REGION: region } = process.env;

exports.EC2 = class {
  constructor() {
    // biome-ignore lint/correctness/noConstructorReturn: any operation is a method.
    return new Proxy(this, { get: (_, name) => (input) => call(`${name[0].toUpperCase()}${name.slice(1)}`, input) });
  }
};

async function call(action, input) {
  const body = new URLSearchParams([['Action', action], ['Version', '2016-11-15'], ...parameters(input)]);
  // The emulator without IAM looks at the key's id and the service only.
  const authorization = `AWS4-HMAC-SHA256 Credential=${keyId}/20260101/${region}/ec2/aws4_request, SignedHeaders=host, Signature=0`;
  const response = await fetch(endpoint, { method: 'POST', headers: { authorization }, body });
  const text = await response.text();
  if (!response.ok) {
    throw Object.assign(new Error(text), { name: /<Code>([^<]*)</.exec(text)?.[1] ?? 'UnknownError' });
  }
  return {};
}

/** The query protocol of EC2: lists count from 1, and one list has another name on the wire. */
function parameters(value, prefix = '') {
  if (typeof value !== 'object' || value === null) {
    return value === undefined || value === null ? [] : [[prefix, String(value)]];
  }
  const entries = Array.isArray(value) ? value.map((item, index) => [index + 1, item]) : Object.entries(value);
  return entries.flatMap(([name, item]) => {
    const onTheWire = name === 'UserIdGroupPairs' ? 'Groups' : name;
    return parameters(item, prefix === '' ? onTheWire : `${prefix}.${onTheWire}`);
  });
}
