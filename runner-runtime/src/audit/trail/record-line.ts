import { hash } from 'node:crypto';
import type { AuditEvent, AuditRecord } from './audit-trail.js';

/** What a first record follows. */
export const NO_HASH = '0'.repeat(64);

/** Most characters of what comes from outside; more is cut off and ends in `…`. */
const MOST = { application: 128, secret: 256, version: 128, outcome: 64, peer: 256 } as const;
const MOST_LATENCY_MS = 1e9;
/** No line is longer: every character of every text escaped, and the fixed parts. */
export const LONGEST_LINE_BYTES = 8_192;

/** The members of an event as they stand in a line. Concatenated by hand: this is the hot path. */
export function bodyOf(event: AuditEvent): string {
  const { application, secret, version, source, latencyMs, peer, count } = event;
  let body = `"action":"${event.action}"`;
  if (application !== undefined) body += `,"application":"${bounded(application, MOST.application)}"`;
  if (secret !== undefined) body += `,"secret":"${bounded(secret, MOST.secret)}"`;
  if (version !== undefined) body += `,"version":"${bounded(version, MOST.version)}"`;
  if (source !== undefined) body += `,"source":"${source}"`;
  body += `,"outcome":"${bounded(event.outcome, MOST.outcome)}"`;
  if (latencyMs !== undefined && latencyMs >= 0 && latencyMs < MOST_LATENCY_MS) body += `,"latencyMs":${threePlaces(latencyMs)}`;
  if (peer !== undefined) body += `,"peer":"${bounded(peer, MOST.peer)}"`;
  if (count !== undefined && Number.isFinite(count)) body += `,"count":${count}`;
  return body;
}

/** A record's line, with its newline, and its hash. */
export function seal(id: number, time: string, body: string, previous: string): { readonly line: string; readonly hash: string } {
  const open = `{"id":${id},"time":"${time}",${body},"previous":"${previous}"`;
  const sealed = hash('sha256', open);
  return { line: `${open},"hash":"${sealed}"}\n`, hash: sealed };
}

/** Of whole numbers, which are written faster than a number with a fraction. */
function threePlaces(value: number): string {
  const thousandths = Math.round(value * 1_000);
  const rest = thousandths % 1_000;
  return `${(thousandths - rest) / 1_000}.${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}`;
}

/** Printable ASCII that JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

function bounded(text: string, most: number): string {
  return text.length <= most && PLAIN.test(text) ? text : escaped(text, most);
}

/** ASCII alone, so that a record is one line in every program and nothing in it commands a terminal or turns the direction of text. */
function escaped(text: string, most: number): string {
  const cut = text.length <= most ? text : `${text.slice(0, most - 1)}…`;
  return cut
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/["\\]/g, '\\$&')
    .replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What chains a line to others. */
export interface Link {
  readonly id: number;
  readonly time: string;
  readonly previous: string;
  readonly hash: string;
}

const LINE =
  /^\{"id":([1-9]\d{0,15}),"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)",.*,"previous":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}$/;
/** Length of `,"hash":"…"}`. */
const SEAL_LENGTH = 75;

/** Reads how a line is chained; `undefined` for what is no record. */
export function linkOf(line: string): Link | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, id = '', time = '', previous = '', sealed = ''] = match;
  return { id: Number(id), time, previous, hash: sealed };
}

/** Whether a line's hash is the one of its content. */
export function isSealed(line: string, link: Link): boolean {
  return hash('sha256', line.slice(0, -SEAL_LENGTH)) === link.hash;
}

/** The record of a line, for people and programs; `undefined` for what is none. */
export function recordOf(line: string): AuditRecord | undefined {
  if (linkOf(line) === undefined) return undefined;
  try {
    return JSON.parse(line) as AuditRecord; // The trail's own line, as the pattern above recognises it.
  } catch {
    return undefined;
  }
}
