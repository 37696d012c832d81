import { type Moto, startMoto } from '@axiom-runner/local-servers';
import { type FakeCall, type FakeReply, FakeVendor } from '../fake-vendor.js';
import { CenterTruth } from './assignments.js';
import { Forms } from './forms.js';
import { type AwsCall, answer, awsCall, refusal } from './replies.js';
import { RoleTruth } from './roles.js';

const JSON_SERVICE = { json: true };

/**
 * AWS on a loopback port: moto's server, and before it what that lacks or does otherwise than AWS, with faults at chosen calls and records of
 * what it was asked.
 */
export class AwsFront {
  readonly roles = new RoleTruth();
  readonly #center = new CenterTruth();
  readonly #forms = new Forms();
  /** Where IAM Identity Center is; everywhere when absent. */
  centerRegion: string | undefined;
  /** Answers of one call that a test wants otherwise, by its action. */
  readonly overrides = new Map<string, (call: AwsCall, forward: () => Promise<FakeReply>) => Promise<FakeReply> | FakeReply>();

  private constructor(
    readonly vendor: FakeVendor,
    readonly moto: Moto,
  ) {
    vendor.on('POST', '/', (call) => this.#answer(call));
  }

  static async start(): Promise<AwsFront> {
    const moto = await startMoto();
    const vendor = await FakeVendor.start({
      vendor: 'aws',
      notFound: () => refusal(JSON_SERVICE, 'UnknownOperation', 'no such operation'),
      refusals: {
        'rate limit': refusal(JSON_SERVICE, 'Throttling', 'Rate exceeded'),
        'server error': { status: 500, body: '{"__type":"InternalFailure"}' },
        unavailable: { status: 503, body: '{"__type":"ServiceUnavailable"}' },
        'expired token': refusal(JSON_SERVICE, 'ExpiredToken', 'The security token included in the request is expired'),
      },
    });
    return new AwsFront(vendor, moto);
  }

  get url(): string {
    return this.vendor.url;
  }

  async stop(): Promise<void> {
    await this.vendor.stop();
    await this.moto.stop();
  }

  async #answer(call: FakeCall): Promise<FakeReply> {
    const asked = awsCall(call);
    const refused = this.roles.judge(asked);
    if (refused !== undefined) return refused;
    if (asked.action === 'ListInstances' && this.centerRegion !== undefined && asked.region !== this.centerRegion) {
      return answer({ Instances: [] });
    }
    const route = this.#center.routes[asked.action] ?? this.roles.routes[asked.action];
    const forward = () => this.#forward(call);
    const usual = () => (route === undefined ? forward() : route(asked, forward));
    const override = this.overrides.get(asked.action);
    return override === undefined ? usual() : override(asked, usual);
  }

  async #forward({ headers, body }: FakeCall): Promise<FakeReply> {
    const kept = ['authorization', 'content-type', 'x-amz-date', 'x-amz-security-token', 'x-amz-target'];
    const isForm = String(headers['content-type']).includes('form');
    const asked = isForm ? new URLSearchParams(body as Record<string, string>).toString() : jsonForMoto(body ?? {});
    const response = await fetch(this.moto.endpoint, {
      method: 'POST',
      headers: Object.fromEntries(kept.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]))),
      body: this.#forms.toMoto(asked),
    });
    const type = response.headers.get('content-type') ?? 'application/x-amz-json-1.1';
    return { status: response.status, body: this.#forms.fromMoto(await response.text()), headers: { 'content-type': type } };
  }
}

/** moto takes a body with `Action=` for a form, also where that is part of a name. */
function jsonForMoto(body: unknown): string {
  return JSON.stringify(body).replaceAll('=', '\\u003d');
}
