import type { FakeCall, FakeReply, FakeVendor } from '../fake-vendor.js';
import { status } from './replies.js';
import type { TokenOffice } from './tokens.js';

/** A route with the user behind the call. */
export type WorkspaceRoute = (call: FakeCall, subject: string) => FakeReply;

/** Routes of both interfaces, behind what all of them ask first: token, scope, and whether the interface is enabled. */
export class Router {
  /** Interfaces that are enabled in the project. */
  readonly enabled = new Set(['admin.googleapis.com', 'cloudidentity.googleapis.com']);
  /** Whether the edition has expiry of memberships. */
  hasExpiry = true;
  /** Looked at before each answer: a refusal for a while, a state that changes meanwhile. */
  before: (call: FakeCall) => FakeReply | undefined = () => undefined;

  constructor(
    private readonly vendor: FakeVendor,
    private readonly tokens: TokenOffice,
  ) {}

  directory(method: string, pattern: string, scopes: readonly string[], route: WorkspaceRoute): void {
    this.#add('admin.googleapis.com', method, `/admin/directory/v1${pattern}`, scopes, route);
  }

  identity(method: string, pattern: string, scopes: readonly string[], route: WorkspaceRoute): void {
    this.#add('cloudidentity.googleapis.com', method, `/v1${pattern}`, scopes, route);
  }

  #add(api: string, method: string, pattern: string, scopes: readonly string[], route: WorkspaceRoute): void {
    this.vendor.on(method, pattern, (call) => {
      const subject = this.tokens.subject(call, scopes);
      if (typeof subject !== 'string') return subject;
      if (!this.enabled.has(api)) {
        return status(403, 'PERMISSION_DENIED', `${api} has not been used in project 1 before or it is disabled.`, 'SERVICE_DISABLED');
      }
      return this.before(call) ?? route(call, subject);
    });
  }
}
