import type { Declaration } from '../declaration.js';

const ACCOUNT = { targets: ['account'], isolation: 'shared-slot' } as const;
const BOTH = { targets: ['account', 'team'], isolation: 'shared-slot' } as const;

export const declaration: Declaration = {
  targets: [
    { kind: 'account', path: ['company'] },
    { kind: 'team', path: ['team'] },
    { kind: 'schedule', path: ['schedule'] },
    { kind: 'escalation-policy', path: ['escalation policy'] },
  ],
  permissions: [
    { ...ACCOUNT, name: 'Full Stakeholder', meaning: 'See incidents and configuration; for those who have the license of a stakeholder.' },
    { ...BOTH, name: 'Observer', meaning: 'See, but not act on, incidents and configuration: of the team, or of the whole account.' },
    { ...BOTH, name: 'Responder', meaning: 'Observer, and act on incidents.' },
    { ...BOTH, name: 'Manager', meaning: 'Responder, and manage services, escalation policies and schedules, in a team also its members.' },
    { ...ACCOUNT, name: 'Global Admin', meaning: 'Everything but billing, including users, roles and API keys.' },
    { name: 'On call', targets: ['schedule'], isolation: 'object-per-grant', meaning: 'Be on call instead of whom the schedule names.' },
  ],
  principals: [{ kind: 'user', meaning: 'The id of a user, or the e-mail that the user logs in with.' }],
  dispenses: [],
  nativeExpiry: {
    ends: 'rights',
    how: 'an override of a schedule ends by itself, within two minutes after the access; roles and memberships have no expiry',
  },
  checks: [
    { name: 'connect', meaning: 'PagerDuty can be reached and takes the API key.' },
    { name: 'company', meaning: 'The API key is of the account of the secret.' },
    { name: 'key', meaning: 'Whose key it is: of the account, or of a user, who could do it all.' },
    { name: 'read', meaning: 'Users, teams, schedules, escalation policies and on-calls can be read.' },
    { name: 'write', meaning: 'The API key is not read-only.' },
    { name: 'abilities', meaning: 'The plan of the account has teams.' },
    { name: 'empty', meaning: 'There are teams or schedules to give access to.' },
  ],
};
