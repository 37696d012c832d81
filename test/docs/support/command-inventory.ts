import { markdownFiles, readPage } from './markdown';

/** A command line of a page. */
export interface DocumentedCommand {
  readonly page: string;
  /** Without continuation lines, prompts, comments and assignments before it. */
  readonly line: string;
}

/** What holds the commands of one kind. */
export interface CommandRule {
  readonly commands: RegExp;
  /** A test that runs them, or one that reads them, from the page or word for word; or none, for a reason. */
  readonly heldBy:
    | { readonly runBy: string; readonly shows: string }
    | { readonly readBy: string; readonly shows: string }
    | { readonly notHere: string };
}

const runBy = (test: string, shows: string) => ({ runBy: test, shows });
const readBy = (test: string, shows: string) => ({ readBy: test, shows });
const notHere = (why: string) => ({ notHere: why });

/** The first that fits holds. A command of another kind makes a test fail until it is classified. */
export const RULES: readonly CommandRule[] = [
  { commands: /^aws /, heldBy: runBy('test/e2e/docs-aws-commands.test.ts', 'awsBlocks()') },
  { commands: /^for profile in |^done$/, heldBy: runBy('test/e2e/docs-aws-commands.test.ts', 'awsBlocks()') },
  { commands: /^npx cdk deploy .*-c /, heldBy: readBy('test/docs/command-inventory.test.ts', 'readSettings(') },
  {
    commands: /^npx cdk --app 'npx ts-node (examples\/roles-for-eks\/)?app\.ts' /,
    heldBy: readBy('test/examples/examples.test.ts', 'synthesises'),
  },
  { commands: /^npx cdk deploy$/, heldBy: readBy('test/e2e/deploy-eks.test.ts', 'applies the runners to the cluster') },
  {
    commands: /^npx cdk8s synth /,
    heldBy: notHere('cdk8s-cli is not installed here; the chart itself is synthesised by test/examples/kubernetes.test.ts'),
  },
  {
    commands: /axiomrunner agent app add shop --allow db-production$|^axiomrunner agent &$|^curl .*\$TOKEN/,
    heldBy: runBy('runner-runtime/test/process/agent/quick-start.test.ts', "codeBlocks('agent.md', 'sh')"),
  },
  { commands: /^curl -sS --unix-socket /, heldBy: readBy('runner-runtime/test/agent/http/listeners.test.ts', 'socketPath') },
  { commands: /^curl -X POST "https:\/\/examplecompany\.okta\.com/, heldBy: notHere("needs an organisation of the vendor's") },
  {
    commands:
      /segura-agent get-secret --id "\$1"|^eval "\$assignments"$|^agent_secret |^login "\$2"|^echo 'the login was refused'|^return 1$|^}$/,
    heldBy: runBy('runner-runtime/test/agent/clients/ways.test.ts', 'shell/get-secret.sh'),
  },
  { commands: /^(axiomrunner|axiomctl|segura-agent)\b/, heldBy: readBy('test/docs/commands.test.ts', 'faultsOf(line)') },
  {
    commands: /^node -- runner-runtime\/dist\/axiomrunner\.cjs /,
    heldBy: runBy('runner-runtime/test/process/start.test.ts', '--env-file'),
  },
  {
    commands: /^node control-plane\/build\.mjs|^npm run build -- runtime$/,
    heldBy: readBy('tools/test.mjs', "'tools/build.mjs', 'runtime'"),
  },
  { commands: /^npm test$/, heldBy: readBy('.ci/run', 'npm test') },
  { commands: /^npm run demo$/, heldBy: notHere('a minute and more; it checks itself, and its parts are those of the tests') },
  { commands: /^npm run (--silent )?bench/, heldBy: notHere('minutes of measuring') },
  { commands: /^npm run site/, heldBy: runBy('test/docs/site.test.ts', 'site/build.mjs') },
  { commands: /^npm run test:unit /, heldBy: notHere('it writes the schemas anew, which the tests compare') },
  { commands: /^alias axiomrunner=/, heldBy: readBy('test/docs/commands.test.ts', 'faultsOf(line)') },
  {
    commands: /^helm (upgrade|rollback|uninstall|history) /,
    heldBy: readBy('test/e2e/kubernetes.test.ts', "tools.helm('rollback', 'axiom-runner-v2'"),
  },
  {
    commands: /^kubectl (create namespace|apply|rollout|delete|describe pod|logs) |^sed -i -e 's\|<IAM_ROLE_HERE>/,
    heldBy: readBy('test/e2e/kubernetes.test.ts', "tools.kubectl('rollout', 'undo', 'deployment/axiom-runner'"),
  },
  { commands: /^kubectl create secret generic /, heldBy: readBy('test/e2e/helm-chart.test.ts', 'existingSecret.name') },
  { commands: /^base64 -w0 rules\.cedar$/, heldBy: runBy('test/docs/command-inventory.test.ts', 'base64 -w0') },
  {
    commands: /^kubectl -n axiom-security get secret axiom-runner-token /,
    heldBy: runBy('runner-runtime/test/integrations/k8s/setup-docs.test.ts', 'prints token and authority'),
  },
  { commands: /^(sudo )?\.\/axiom-runner\.sh /, heldBy: readBy('test/e2e/executable.test.ts', 'register') },
  { commands: /^(sudo )?\.\/axiom-runner-docker\.sh /, heldBy: readBy('test/e2e/image-scripts.test.ts', 'register') },
  { commands: /^node tools\/release\/image\.mjs /, heldBy: readBy('test/e2e/image.test.ts', 'image') },
  { commands: /^docker (run|build|rm) /, heldBy: readBy('test/e2e/image.test.ts', '--read-only') },
  { commands: /^rm \.env$|^sudo (mkdir|mv|rm) /, heldBy: notHere('changes the host') },
  {
    commands: /^(install|ln|systemctl) /,
    heldBy: notHere('needs systemd and root; units are verified by test/deploy/agent-units.test.ts'),
  },
  { commands: /^npx axiomctl /, heldBy: readBy('test/docs/command-inventory.test.ts', 'npx axiomctl') },
  {
    commands: /^npm install (axiom-runner )?@axiom-runner\//,
    heldBy: notHere('needs published packages; test/packages installs their archives'),
  },
  { commands: /^npm install \.\/packages\//, heldBy: readBy('test/packages/cdk-app.test.ts', 'install') },
  { commands: /^npx --package @axiom-runner\//, heldBy: readBy('test/packages/libraries.test.ts', 'axiomctl') },
  { commands: /^npx cdk synth$/, heldBy: readBy('test/packages/cdk-app.test.ts', 'synth') },
  { commands: /^npm run build$|^node tools\/release\/npm\.mjs /, heldBy: readBy('test/packages/support/tarballs.ts', 'release/npm') },
  { commands: /^npm run release -- --dry-run$/, heldBy: readBy('test/release/command.test.ts', 'release') },
  {
    commands: /^node tools\/release\/languages\.mjs --output dist-lang$/,
    heldBy: readBy('test/languages/support/programs.ts', 'tools/release/languages.mjs'),
  },
  { commands: /^pip install \.\/dist-lang\/python\//, heldBy: readBy('test/languages/python.test.ts', "'pip', 'install'") },
  { commands: /^GOPROXY=.* go get example\.com\//, heldBy: readBy('test/languages/generated.test.ts', 'GOPROXY') },
  {
    commands:
      /^sha256sum |^openssl pkeyutl -verify |^wget .*\/axiomrunner(\.sha256|\.sig)?$|^mkdir -p axiomrunner |^chmod (\+x axiomrunner|600 \.env)$/,
    heldBy: runBy('test/release/guide.test.ts', "blockUnder('deploy-binary.md', 'By hand')"),
  },
  {
    commands: /^cat << EOF > \.env$|^(TENANT_ID|RUNNER_GROUP_ID|RUNNER_API_KEY)=[\w-]+$|^EOF$|^\.\/axiomrunner --env-file /,
    heldBy: runBy('test/release/guide.test.ts', "blockUnder('deploy-binary.md', 'By hand')"),
  },
  { commands: /^\.\/axiomrunner version --check$/, heldBy: readBy('runner-runtime/test/cli/version-check.test.ts', '--check') },
  { commands: /^export AXIOM_RELEASES_URL=|^gh attestation verify /, heldBy: notHere('needs a mirror or a forge') },
  { commands: /^npm install --global @axiom-runner\/runtime$/, heldBy: notHere('changes the host, and needs a published package') },
  { commands: /^(gcloud|az|atlas) /, heldBy: notHere("the vendor's command line and an account there") },
  { commands: /^\$\w+ = New-|^Register-ScheduledTask /, heldBy: notHere('needs Windows') },
];

/** What a shell block of a page is: its language, and its lines without those that a command prints. */
export function shellBlocks(page: string): string[] {
  return [...page.matchAll(/^( *)```(sh|bash|console|powershell)\b[^\n]*\n(.*?)^\1```$/gms)].map(([, , language, text = '']) =>
    language === 'console' ? text.replace(/\\\n\s*/g, '').replace(/^(?!\$ ).*\n/gm, '') : text,
  );
}

/** All command lines of all pages of the repository. */
export function documentedCommands(): DocumentedCommand[] {
  return markdownFiles()
    .filter((page) => !page.startsWith('tools/'))
    .flatMap((page) => shellBlocks(readPage(page)).flatMap((block) => commandsIn(block).map((line) => ({ page, line }))));
}

function commandsIn(block: string): string[] {
  return block
    .replace(/[\\`]\n\s*/g, '')
    .split('\n')
    .map((line) =>
      line
        .trim()
        .replace(/^\$ /, '')
        .replace(/ +# .*$/, ''),
    )
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/^sudo -u \w+ |^(?:[A-Z_]+=[^\s(]+ )+|^\w+=\$\((?=.*\)$)/, ''));
}
