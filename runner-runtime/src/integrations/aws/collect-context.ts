import type { ListPage } from '../../integration-kit/collection/source.js';
import type { IdentityCenter } from './identity-center.js';
import type { Session } from './session.js';

/** What every stage of a collection needs. */
export interface Context {
  readonly session: Session;
  /** Absent where there is none, or none that may be read: its stages are empty. */
  readonly center: IdentityCenter | undefined;
}

export const NOTHING: ListPage<never> = { elements: [] };

/** How AWS is asked for the next piece. */
export function nextToken(token: string | undefined): { readonly NextToken?: string } {
  return token === undefined ? {} : { NextToken: token };
}
