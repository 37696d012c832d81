import { type Credential, systemName } from '@axiom-runner/protocol';
import type { Command } from 'commander';
import { isoSeconds } from '../accesses.js';
import { type AccessRequestOptions, withAccessRequestOptions } from './access.js';
import { Invocation } from './invocation.js';
import { facts } from './output.js';
import type { Shell } from './shell.js';
import { runTask } from './task-run.js';

/** Adds `credential dispense`. */
export function addCredentialCommands(program: Command, shell: Shell): void {
  const credential = program.command('credential').description('temporary credentials');
  withAccessRequestOptions(
    credential
      .command('dispense')
      .description('get a temporary credential: the runner seals it to a key pair that is made here for it alone'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ axiomctl credential dispense --system postgresql/db.example.com --target database:app \\\n      --permission Read --duration 30m --justification "incident 7"\n\nThe credential is shown once and kept nowhere.',
    )
    .action(async (options: AccessRequestOptions, self: Command) => {
      const invocation = new Invocation(shell, self);
      const { dispenseCredential } = await import('../dispense.js');
      const { system, target, permission, justification, duration: durationSeconds } = options;
      const request = { system, target, permission, justification, durationSeconds };
      const { requestId, credential } = await runTask(invocation, options, ({ group, link, task, wait }) =>
        dispenseCredential(link, group, request, { ...task, ...wait }),
      );
      invocation.print({ ...credential, requestId, system: systemName(system) }, human(credential));
    });
}

function human({ requestId, system, values, expiresAt }: Credential): string {
  return facts([
    ['request', requestId],
    ['system', system],
    ...Object.entries(values),
    ['until', isoSeconds(expiresAt)],
    ['to end it', `axiomctl access revoke ${requestId}`],
  ]);
}
