import { createHash } from 'node:crypto';

/** What moto writes otherwise than AWS's service descriptions say, put right on the way out and back again on the way in. */
export class Forms {
  /** moto's id of an identity store, by one of AWS's form: ten hexadecimal digits. */
  readonly #stores = new Map<string, string>();

  fromMoto(text: string): string {
    const ids = text
      .replace(/(:sso:::)instance(\/ssoins-[a-z0-9]{16}\/ps-)/g, '$1permissionSet$2')
      .replace(/"d-[a-z0-9]{10}"/g, (quoted) => `"${this.#storeId(quoted.slice(1, -1))}"`);
    return ids.startsWith('{') ? withoutNulls(ids) : ids;
  }

  toMoto(text: string): string {
    return text
      .replace(/(:sso:::)permissionSet(\/ssoins-[a-z0-9]{16}\/ps-)/g, '$1instance$2')
      .replace(/"d-[0-9a-f]{10}"/g, (quoted) => `"${this.#stores.get(quoted.slice(1, -1)) ?? quoted.slice(1, -1)}"`);
  }

  #storeId(id: string): string {
    const known = `d-${createHash('sha256').update(id).digest('hex').slice(0, 10)}`;
    this.#stores.set(known, id);
    return known;
  }
}

/** AWS leaves out what is not there. */
function withoutNulls(text: string): string {
  const isThere = (key: string, value: unknown) => value !== null && !(key === 'ExternalIds' && Array.isArray(value) && value.length === 0);
  return JSON.stringify(JSON.parse(text, (key, value) => (isThere(key, value) ? value : undefined)));
}
