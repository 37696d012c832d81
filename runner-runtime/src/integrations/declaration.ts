/** What an integration can do, as data: docs, input validation and the policy vocabulary derive from it. */

/** A kind of thing that access is given to. */
export interface TargetKind {
  /** `table` */
  readonly kind: string;
  /** Names of the path's elements, outermost first: `['database', 'schema', 'table']`. */
  readonly path: readonly string[];
}

/** A permission that can be granted. */
export interface PermissionDeclaration {
  /** `Read`; or `*` where any role that the system knows can be granted. */
  readonly name: string;
  /** Kinds of targets that it can be granted on. */
  readonly targets: readonly string[];
  /** `object-per-grant`: each grant is an object of its own; `shared-slot`: one slot per principal and target, counted. */
  readonly isolation: 'object-per-grant' | 'shared-slot';
  /** What the holder can do, in one sentence. */
  readonly meaning: string;
}

/** A kind of principal that access can be given to. */
export interface PrincipalKind {
  readonly kind: string;
  readonly meaning: string;
}

/** One named check of a connection test. */
export interface CheckDeclaration {
  /** Stable name, e.g. `connect`. */
  readonly name: string;
  readonly meaning: string;
}

/** Everything an integration declares. */
export interface Declaration {
  readonly targets: readonly TargetKind[];
  readonly permissions: readonly PermissionDeclaration[];
  readonly principals: readonly PrincipalKind[];
  /** Permissions that can be dispensed as a temporary credential, by name; empty where none can. */
  readonly dispenses: readonly string[];
  /** Those of {@link dispenses} whose credential cannot be ended before it expires by itself: until then a revocation is not proved. */
  readonly irrevocable?: readonly string[];
  /** What the system's own expiry ends, set as a second line behind the runner's revocation. */
  readonly nativeExpiry: { readonly ends: 'nothing' | 'logins' | 'sessions' | 'rights'; readonly how: string };
  readonly checks: readonly CheckDeclaration[];
}
