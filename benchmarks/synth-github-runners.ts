import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { SITE, synthesised } from './synth-site.js';

/** What of the package is used. It is no dependency: the benchmark installs it. */
interface GithubRunners {
  readonly GitHubRunners: new (scope: Construct, id: string) => Construct;
}

/** A default app of another construct library that hosts agents in one's own account: all providers, nothing set. */
const { GitHubRunners }: GithubRunners = require('@cloudsnorkel/cdk-github-runners');
synthesised((app) => {
  new GitHubRunners(new Stack(app, 'Runners', { env: SITE.env }), 'Runners');
});
