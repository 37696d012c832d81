import { resolve } from 'node:path';
import { Cron } from 'croner';
import { hostAndPort, isLoopback } from '../../config/address.js';
import type { AgentSettings } from './agent-settings.js';

/** Bits of a mode for users who are neither owner nor of the group. */
const OTHERS = 0o007;
/** SHA-256 of nothing: what comes out when the token was missing as it was hashed. */
const NOTHING_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Settings that are well-formed each and cannot stand together. */
export interface Contradiction {
  readonly path: readonly PropertyKey[];
  readonly found: string;
  readonly mend: string;
}

/** Looks for settings that contradict each other or would open what must stay closed. */
export function contradictions(settings: AgentSettings): Contradiction[] {
  return [
    ...listening(settings),
    ...applications(settings),
    ...vault(settings),
    ...secrets(settings),
    ...rotation(settings),
    ...audit(settings),
  ];
}

function* listening({ listen, applications: known }: AgentSettings): Generator<Contradiction> {
  const { address, socket, tls } = listen;
  const path = ['listen', 'address'];
  if (address === 'off') {
    if (socket === undefined) yield { path, found: 'is off, and there is no socket', mend: 'Set listen.socket, or an address.' };
  } else {
    const parsed = hostAndPort(address);
    if (parsed === undefined) yield { path, found: `is "${address}"`, mend: 'Write host:port, such as localhost:8787, or off.' };
    else if (!isLoopback(parsed.host) && tls === undefined) {
      yield { path, found: `is "${address}", which others can reach, without TLS`, mend: 'Set listen.tls, or listen on localhost.' };
    }
  }
  if (socket?.application !== undefined && known[socket.application] === undefined) {
    yield {
      path: ['listen', 'socket', 'application'],
      found: `names "${socket.application}", which is not under "applications"`,
      mend: 'Say there what it may have: applications: {NAME: {allow: [...]}}.',
    };
  }
  if (socket?.application !== undefined && (socket.mode & OTHERS) !== 0) {
    yield {
      path: ['listen', 'socket', 'mode'],
      found: 'lets every user of the host ask without a token',
      mend: 'Write "0660" and set listen.socket.group, or leave listen.socket.application out.',
    };
  }
}

function* applications({ applications: all }: AgentSettings): Generator<Contradiction> {
  const digests = new Set<string>();
  const files = new Set<string>();
  for (const [name, { token_sha256: digest, token_file, token_file_mode: mode }] of Object.entries(all)) {
    const path = ['applications', name];
    const file = token_file === undefined ? undefined : resolve(token_file);
    if (digest === NOTHING_SHA256)
      yield { path: [...path, 'token_sha256'], found: 'is the digest of an empty text', mend: 'Hash the token itself.' };
    if (digest !== undefined && digests.has(digest))
      yield { path: [...path, 'token_sha256'], found: "is another application's", mend: 'Give each application a token of its own.' };
    if (digest !== undefined) digests.add(digest);
    if (file !== undefined && files.has(file))
      yield { path: [...path, 'token_file'], found: "is another application's", mend: 'Give each application a file of its own.' };
    if (file !== undefined) files.add(file);
    if ((mode & OTHERS) !== 0)
      yield { path: [...path, 'token_file_mode'], found: 'opens the token to every user of the host', mend: 'Write "0600" or "0640".' };
  }
}

function* vault({ vault: settings }: AgentSettings): Generator<Contradiction> {
  if (settings.type === 'aws-secrets-manager') {
    if ((settings.role_arn === undefined) !== (settings.external_id === undefined)) {
      yield { path: ['vault'], found: 'has one of role_arn and external_id', mend: 'Set both, or none.' };
    }
  } else yield* onlyTls(['vault', 'url'], settings.url);
}

function* secrets({ secrets: all, dynamic }: AgentSettings): Generator<Contradiction> {
  for (const [id, secret] of Object.entries(all)) {
    if (secret.dynamic === undefined) continue;
    if (dynamic === undefined) {
      yield {
        path: ['secrets', id, 'dynamic'],
        found: 'needs the section "dynamic"',
        mend: 'Set dynamic.tenant_id, runner_group_id and state_key_secret_id.',
      };
    }
    if (Object.keys(secret).length > 1)
      yield { path: ['secrets', id], found: 'is dynamic and mapped at once', mend: 'A dynamic secret has no name, fields or user name.' };
  }
}

function* rotation({ rotation: { events, schedules, hooks }, secrets: all }: AgentSettings): Generator<Contradiction> {
  for (const [kind, entries] of Object.entries({ schedules, hooks })) {
    for (const [index, entry] of entries.entries()) {
      const dynamic = entry.secrets.find((id) => Object.hasOwn(all, id) && all[id]?.dynamic !== undefined);
      if (dynamic === undefined) continue;
      const path = ['rotation', kind, index, 'secrets'];
      yield { path, found: `names "${dynamic}", which is dynamic: each application has its own`, mend: 'Let the application ask for it.' };
    }
  }
  if (events !== undefined) yield* onlyTls(['rotation', 'events', 'queue_url'], events.queue_url);
  for (const [index, { cron, timezone }] of schedules.entries()) {
    try {
      new Cron(cron, { paused: true, ...(timezone === undefined ? {} : { timezone }) }).nextRun();
    } catch {
      yield {
        path: ['rotation', 'schedules', index, 'cron'],
        found: `is "${cron}"${timezone === undefined ? '' : ` in ${timezone}`}`,
        mend: 'Write five fields, such as "*/15 * * * *", and an IANA time zone.',
      };
    }
  }
  const names = new Set<string>();
  for (const [index, hook] of hooks.entries()) {
    const path = ['rotation', 'hooks', index];
    if (names.has(hook.name))
      yield { path: [...path, 'name'], found: `is "${hook.name}" a second time`, mend: 'Give each hook a name of its own.' };
    names.add(hook.name);
    if ([hook.file, hook.signal, hook.unit, hook.command].every((part) => part === undefined)) {
      yield { path, found: 'does nothing', mend: 'Set one or more of file, signal, unit and command.' };
    }
  }
}

function* audit({ audit: { max_bytes, file_bytes, sinks } }: AgentSettings): Generator<Contradiction> {
  if (file_bytes * 2 > max_bytes)
    yield {
      path: ['audit', 'file_bytes'],
      found: `is ${file_bytes}, more than half of max_bytes`,
      mend: 'Let two files or more fit into max_bytes.',
    };
  for (const [index, sink] of sinks.entries()) {
    const path = ['audit', 'sinks', index];
    if (sink.type === 'webhook') yield* onlyTls([...path, 'url'], sink.url);
    if (sink.type === 'syslog' && hostAndPort(sink.address) === undefined)
      yield { path: [...path, 'address'], found: `is "${sink.address}"`, mend: 'Write host:port; 6514 is the port of syslog by TLS.' };
    if (sink.type === 'syslog' && (sink.certificate === undefined) !== (sink.key === undefined))
      yield { path, found: 'has one of certificate and key', mend: 'Set both, or none.' };
  }
}

/** Plain HTTP is for a server on this host. Of the URL only the host is shown: the path of a webhook may be its password. */
function* onlyTls(path: readonly PropertyKey[], url: string): Generator<Contradiction> {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'https:' && !isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')))
    yield { path, found: `is "${protocol}//${hostname}", unencrypted`, mend: 'Write https://.' };
}
