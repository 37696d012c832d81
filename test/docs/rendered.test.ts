import { expectRendered } from '../support/rendered';

it.each(['api.md', 'api'])('docs/%s is made of the docstrings as they were compiled last; else run: npm run render', (made) => {
  expectRendered('tools/render/api-reference.mjs', `docs/${made}`, made);
});

it.each(['docs/app.md', 'bin/settings.schema.json'])(
  '%s is made of the settings of the app; else run: npm run render',
  (file) => {
    expectRendered('tools/render/settings.mjs', file, file);
  },
  30_000,
);

it('the overview of the integrations is made from their declarations', () => {
  expectRendered('tools/render/integrations.mjs', 'docs/integrations/README.md', 'docs/integrations/README.md');
}, 60_000);

it.each(['docs/agent-configuration.md', 'docs/agent.schema.json'])(
  '%s is made of the schema that the secret agent reads by; else run: npm run render',
  (file) => {
    expectRendered('tools/render/agent-settings.mjs', file, file);
  },
  60_000,
);
