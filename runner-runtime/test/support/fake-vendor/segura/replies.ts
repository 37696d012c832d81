import type { FakeReply } from '../fake-vendor.js';

/** What the gateway in front of the vault answers to a wrong address, and to who is not authenticated. */
export function noRoute(status = 404): FakeReply {
  return { status, body: { message: 'no Route matched with those values' } };
}

/** The envelope of version 1: https://docs.senhasegura.io/v4/docs/api-get-list-a-credential */
export function envelope(status: number, message: string, number = 0, more: object = {}): FakeReply {
  const error = number !== 0;
  const verdict = { status, message, error, error_code: number, detail: '', mensagem: message, erro: error, cod_erro: number };
  return { status, body: { code: status, response: verdict, ...more } };
}

/** A refusal of version 2: https://docs.senhasegura.io/docs/api-v2-conventions-and-shared-behaviors */
export function problem(status: number, code: string, headers: Readonly<Record<string, string>> = {}): FakeReply {
  return { status, body: { error: { code, message: `${code} in the vendor's own words` } }, headers };
}

/** RFC 6749, 5.2. */
export function oauthError(status: number, error: string): FakeReply {
  return { status, body: { error, error_description: "the vendor's own words" }, headers: { 'cache-control': 'no-store' } };
}
