import type { Check } from '@axiom-runner/protocol';
import { z } from 'zod';
import { type Answer, answerOf, declaredChecks } from '../../integration-kit/check-answers.js';
import { path } from '../../integration-kit/http/path.js';
import { type Access, github } from './client.js';
import { declaration } from './declaration.js';
import { isSameName } from './names.js';

type Answers = Readonly<Record<string, Answer>>;

const appSchema = z.object({ id: z.int(), name: z.string(), slug: z.string().optional() });
const installationSchema = z.object({
  id: z.int(),
  account: z.object({ login: z.string().optional() }).nullable(),
  target_type: z.string(),
  html_url: z.string(),
  permissions: z.record(z.string(), z.string()),
  suspended_at: z.string().nullish(),
});
type Installation = z.infer<typeof installationSchema>;
const countSchema = z.object({ total_count: z.int().nonnegative() });

/** Runs the declared checks in their order; what depends on a failed one is skipped. */
export async function testConnection(access: Access): Promise<Check[]> {
  return declaredChecks(declaration, await answersOf(access));
}

async function answersOf(access: Access): Promise<Answers> {
  const app = await answerOf(access, async () => {
    const { name } = await github(access).app.read({ path: path`/app`, schema: appSchema });
    return { outcome: 'ok', detail: `${new URL(access.secret.base).host} knows the app ${name}.` };
  });
  if (app.outcome !== 'ok') return { app };
  let found: Installation | undefined;
  const installation = await answerOf(access, async () => {
    found = await github(access).app.read({ path: path`/app/installations/${access.secret.installation}`, schema: installationSchema });
    return state(found);
  });
  if (found === undefined) return { app, installation };
  const { permissions } = found;
  const usable = installation.outcome === 'ok' && organization(access, found).outcome === 'ok';
  return {
    app,
    installation,
    organization: organization(access, found),
    metadata: permission(permissions, 'metadata', 'read'),
    administration: permission(permissions, 'administration', 'write'),
    members: permission(permissions, 'members', 'write'),
    contents: forTokens(permissions, 'contents'),
    'pull-requests': forTokens(permissions, 'pull_requests'),
    empty: usable
      ? await answerOf(access, () => content(access))
      : { outcome: 'skipped', detail: 'Needs an installation on the organization.' },
  };
}

function state({ id, suspended_at: suspended }: Installation): Answer {
  if (suspended == null) return { outcome: 'ok', detail: `Installation ${id} is active.` };
  return {
    outcome: 'permission_missing',
    detail: `Installation ${id} is suspended.`,
    mend: 'Let an owner of the organization unsuspend it: Settings, GitHub Apps.',
  };
}

function organization({ secret }: Access, { account, target_type: type }: Installation): Answer {
  const login = account?.login ?? '';
  if (type === 'Organization' && isSameName(login, secret.org)) return { outcome: 'ok', detail: `It is on the organization ${login}.` };
  return {
    outcome: 'failed',
    detail: `It is not on the organization ${secret.org}.`,
    mend: 'Check github_org_name and github_installation_id of the secret.',
  };
}

function permission(permissions: Installation['permissions'], name: string, wanted: 'read' | 'write'): Answer {
  const has = permissions[name] ?? 'none';
  if (has === wanted || has === 'write' || has === 'admin')
    return { outcome: 'ok', detail: `The installation has ${label(name)}: ${has}.` };
  return {
    outcome: 'permission_missing',
    detail: `The installation has ${label(name)}: ${has === 'read' ? 'read' : 'no access'}.`,
    mend: `Set ${label(name)} of the app to ${wanted}, and let an owner of the organization accept that for the installation.`,
  };
}

function forTokens(permissions: Installation['permissions'], name: 'contents' | 'pull_requests'): Answer {
  const answer = permission(permissions, name, 'write');
  if (answer.outcome === 'ok') return answer;
  const without = name === 'contents' && permissions[name] === undefined ? 'No tokens can be made.' : 'No tokens with Write can be made.';
  return { ...answer, outcome: 'warning', detail: `${answer.detail} ${without}` };
}

async function content(access: Access): Promise<Answer> {
  const { total_count: count } = await github(access).installation.read({
    path: path`/installation/repositories`,
    query: { per_page: 1 },
    schema: countSchema,
  });
  if (count > 0) return { outcome: 'ok', detail: `The installation sees ${count} repositories.` };
  return {
    outcome: 'empty',
    detail: 'The installation sees no repository.',
    mend: 'Give the installation access to all repositories of the organization, or to those that matter.',
  };
}

function label(name: string): string {
  return name.replaceAll('_', ' ');
}
