import { setTimeout as nextLook } from 'node:timers/promises';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { AwsEmulator } from '@axiom-runner/local-servers';

/** A queue of the emulator, as its owner sees it. */
export class EmulatedQueue {
  private constructor(
    private readonly client: SQSClient,
    readonly name: string,
    readonly url: string,
  ) {}

  static async create(emulator: AwsEmulator, name: string): Promise<EmulatedQueue> {
    const client = new SQSClient({
      endpoint: emulator.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
    });
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name }));
    if (QueueUrl === undefined) throw new Error('the emulator made no queue');
    return new EmulatedQueue(client, name, QueueUrl);
  }

  async send(...bodies: (string | object)[]): Promise<void> {
    const texts = bodies.map((body) => (typeof body === 'string' ? body : JSON.stringify(body)));
    const [first, ...others] = texts;
    if (first === undefined) return;
    if (others.length === 0) await this.client.send(new SendMessageCommand({ QueueUrl: this.url, MessageBody: first }));
    else {
      const Entries = texts.map((text, index) => ({ Id: String(index), MessageBody: text }));
      await this.client.send(new SendMessageBatchCommand({ QueueUrl: this.url, Entries }));
    }
  }

  /** Lets EventBridge send it the events of Secrets Manager, as the rule of a deployment does. */
  async followSecrets(emulator: AwsEmulator): Promise<void> {
    const pattern = { source: ['aws.secretsmanager'], 'detail-type': ['Secret Label Updated'], detail: { labelUpdated: ['AWSCURRENT'] } };
    await eventBridge(emulator, 'PutRule', { Name: this.name, EventPattern: JSON.stringify(pattern) });
    const Targets = [{ Id: 'agent', Arn: `arn:aws:sqs:us-east-1:123456789012:${this.name}` }];
    await eventBridge(emulator, 'PutTargets', { Rule: this.name, Targets });
  }

  /** Messages that are there, handed out or not. */
  async size(): Promise<number> {
    const { Attributes = {} } = await this.client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.url,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Number(Attributes['ApproximateNumberOfMessages']) + Number(Attributes['ApproximateNumberOfMessagesNotVisible']);
  }

  async untilEmpty(): Promise<void> {
    while ((await this.size()) > 0) await nextLook(50);
  }

  async delete(): Promise<void> {
    await this.client.send(new DeleteQueueCommand({ QueueUrl: this.url }));
    this.client.destroy();
  }
}

/** EventBridge without its SDK; the emulator takes the account and region of the signature, and does not check it. */
async function eventBridge(emulator: AwsEmulator, action: string, input: object): Promise<void> {
  const scope = '123456789012/20250101/us-east-1/events/aws4_request';
  const answer = await fetch(emulator.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSEvents.${action}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
  });
  if (answer.status !== 200) throw new Error(`${action}: ${answer.status} ${await answer.text()}`);
}
