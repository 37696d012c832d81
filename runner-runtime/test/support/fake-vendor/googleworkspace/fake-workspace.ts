import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { FakeVendor } from '../fake-vendor.js';
import { directoryRoutes } from './directory-routes.js';
import { Domain } from './domain.js';
import { identityRoutes } from './identity-routes.js';
import { memberRoutes } from './member-routes.js';
import { refusal, status } from './replies.js';
import { roleRoutes } from './role-routes.js';
import { Router } from './router.js';
import { TokenOffice } from './tokens.js';

/** What the documentation tells to delegate. */
export const DELEGATED = [
  'admin.directory.customer.readonly',
  'admin.directory.user.readonly',
  'admin.directory.group.readonly',
  'admin.directory.group.member',
  'admin.directory.rolemanagement',
  'admin.directory.orgunit.readonly',
  'cloud-identity.groups',
].map((scope) => `https://www.googleapis.com/auth/${scope}`);

const ADMINISTRATOR = 'runner-admin';
const ACCOUNT = 'runner@project-1.iam.gserviceaccount.com';
const KEY_ID = 'a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2';

/** An RSA key pair takes its time: one for all fakes of a process. */
let shared: KeyObject | undefined;
export const serviceAccountKeyPair = (): KeyObject => {
  shared ??= newKey();
  return shared;
};
export const newKey = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
export const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Google Workspace with one organization, a service account, and the administrator that it acts as. */
export class FakeWorkspace {
  readonly domain = new Domain();
  readonly administrator = this.domain.addUser(ADMINISTRATOR, { isAdmin: true });
  readonly tokens: TokenOffice;
  readonly account: ReturnType<TokenOffice['add']>;
  readonly router: Router;

  private constructor(readonly vendor: FakeVendor) {
    this.tokens = new TokenOffice(this.domain, () => `${vendor.url}/token`);
    this.account = this.tokens.add(ACCOUNT, KEY_ID, serviceAccountKeyPair(), DELEGATED);
    this.router = new Router(vendor, this.tokens);
    vendor.on('POST', '/token', (call) => this.tokens.answer(call));
    directoryRoutes(this.router, this.domain);
    memberRoutes(this.router, this.domain);
    roleRoutes(this.router, this.domain);
    identityRoutes(this.router, this.domain);
  }

  static async start(): Promise<FakeWorkspace> {
    const vendor = await FakeVendor.start({
      vendor: 'googleworkspace',
      notFound: () => refusal(404, 'notFound', 'Not Found'),
      refusals: {
        'rate limit': refusal(403, 'userRateLimitExceeded', 'User Rate Limit Exceeded'),
        'server error': refusal(500, 'backendError', 'Backend Error'),
        unavailable: status(503, 'UNAVAILABLE', 'The service is currently unavailable.'),
        'expired token': status(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'),
      },
    });
    return new FakeWorkspace(vendor);
  }

  stop(): Promise<void> {
    return this.vendor.stop();
  }

  /** The secret as it stands in the store. */
  secret(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
    return {
      type: 'service_account',
      project_id: 'project-1',
      private_key_id: KEY_ID,
      private_key: pem(serviceAccountKeyPair()),
      client_email: ACCOUNT,
      client_id: '100000000000000000001',
      token_uri: `${this.vendor.url}/token`,
      customer_id: this.domain.customerId,
      impersonation_email: this.administrator.primaryEmail,
      api_base_url: this.vendor.url,
      ...more,
    };
  }
}
