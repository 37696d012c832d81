import { z } from 'zod';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The field `api_base_url` of a secret: an `https` URL without query; plain `http` is taken for a loopback address only. */
export const apiBaseUrl = z
  .string()
  .trim()
  .refine((text) => isBaseUrl(text), 'must be an https URL without user, query and fragment (http on loopback only)')
  .transform((text) => text.replace(/\/+$/, ''));

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username !== '' || password !== '' || search !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}
