import { z } from 'zod';
import { applicationName, list, octal, oneOf, path, someSecretPatterns, text, url, wholeNumber } from './setting-kinds.js';

const COMMAND = 'a list: the program and its arguments';
const UNIT = 'the name of a unit';

const hookSchema = z.strictObject({
  name: applicationName.describe('Name of the hook, in the log and in the audit trail (`hook:<name>`).'),
  secrets: someSecretPatterns.describe('Secrets that it serves; with `file` exactly one.'),
  file: z
    .strictObject({
      path: path.describe('File to write, from the root; its folder must be there.'),
      template: text('the text of the file, with {{username}} and {{password}}', 65_536).describe(
        'Text with `{{username}}`, `{{password}}`, `{{secret_id}}`, `{{expires_at}}`, `{{version}}`, each as it is or with `json`, `shell`, `url` or `base64` before its name.',
      ),
      mode: octal('0600').prefault('0600').describe('Mode of the file.'),
      owner: z
        .number()
        .int()
        .meta({ allowed: 'the number of a user' })
        .optional()
        .describe("Its owner; needs root. Absent: the agent's user."),
      group: z
        .number()
        .int()
        .meta({ allowed: 'the number of a group' })
        .optional()
        .describe("Its group; needs root. Absent: the agent's group."),
    })
    .optional()
    .describe('A file to write anew, at once and as a whole.'),
  signal: z
    .strictObject({
      pid_file: path.describe('File whose first line is the process id.'),
      name: oneOf(['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTERM']).default('SIGHUP').describe('The signal.'),
    })
    .optional()
    .describe('A process to signal.'),
  unit: z
    .strictObject({
      name: text(UNIT)
        .regex(/^[A-Za-z0-9][A-Za-z0-9:_.@\\-]*$/, UNIT)
        .describe('The systemd unit.'),
      action: oneOf(['restart', 'reload']).default('restart').describe('What becomes of it.'),
    })
    .optional()
    .describe('A systemd unit to restart or reload.'),
  command: z
    .strictObject({
      run: list(text('a word of the command'), COMMAND).min(1, COMMAND).describe('Program and arguments; there is no shell.'),
      timeout: wholeNumber(1, 600, 'seconds').default(30).describe('Time after which it is ended.'),
    })
    .optional()
    .describe('A command to run, with the secret in its environment.'),
});

export const rotationSchema = z.strictObject({
  events: z
    .strictObject({
      queue_url: url(['https:', 'http:'], 'the URL of an SQS queue').describe('Queue that tells of rotations; one for each agent.'),
      region: text('the name of a region').optional().describe('Region of the queue. Absent: as in its URL, else as the AWS SDK finds it.'),
    })
    .optional()
    .describe('An SQS queue that tells of rotations.'),
  schedules: list(
    z.strictObject({
      cron: text('a cron expression of five fields').describe(
        'When to look: five fields, six with seconds first, or `@hourly` and the like.',
      ),
      timezone: text('an IANA time zone').optional().describe('Time zone of the expression. Absent: that of the host.'),
      secrets: someSecretPatterns.describe('Secrets to look at; a pattern covers those that the agent holds or the configuration names.'),
    }),
    'a list',
  )
    .default([])
    .describe('When to look for new versions.'),
  hooks: list(hookSchema, 'a list')
    .default([])
    .describe('What is done with a new value: one or more of `file`, `signal`, `unit` and `command`, in this order.'),
});

export type HookSettings = z.output<typeof hookSchema>;
