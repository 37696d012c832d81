import { connect } from 'node:http2';

/** Whether the server answers DescribeNamespace for a namespace, which it does only when it can take work for it. */
export function namespaceIsServed(port: number, namespace: string): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const finish = (served: boolean): void => {
      session.destroy();
      resolve(served);
    };
    session.setTimeout(2_000, () => finish(false));
    session.on('error', () => finish(false));
    const call = session.request({
      ':method': 'POST',
      ':path': '/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    // gRPC reports a failure either in the trailers or, when there is no body at all, in the headers.
    const judge = (headers: Record<string, unknown>): void => {
      if (headers['grpc-status'] !== undefined) finish(headers['grpc-status'] === '0');
    };
    call.on('response', judge).on('trailers', judge);
    call.on('error', () => finish(false)).on('close', () => finish(false));
    call.resume();
    call.end(describeNamespaceRequest(namespace));
  });
}

/** A gRPC frame that holds the message `{1: namespace}`. */
function describeNamespaceRequest(namespace: string): Buffer {
  const name = Buffer.from(namespace);
  if (name.length > 127) throw new RangeError(`a namespace of at most 127 bytes is supported, not ${name.length}`);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(name.length + 2, 1);
  return Buffer.concat([frame, Buffer.from([0x0a, name.length]), name]);
}
