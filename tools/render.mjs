import { renderAgentHelmChart } from './render/agent-helm.mjs';
import { renderAgentSettings } from './render/agent-settings.mjs';
import { renderAgentUnits } from './render/agent-units.mjs';
import { renderApiReference } from './render/api-reference.mjs';
import { renderTemplates } from './render/cloudformation.mjs';
import { renderHelmChart } from './render/helm.mjs';
import { renderIntegrations } from './render/integrations.mjs';
import { renderManifest } from './render/kubernetes.mjs';
import { renderScripts } from './render/scripts.mjs';
import { renderSettingsPage } from './render/settings.mjs';

/** `npm run render`: writes everything that is made from the constructs and the contract: what users download, and reference pages. */
for (const render of [
  renderTemplates,
  renderManifest,
  renderHelmChart,
  renderAgentHelmChart,
  renderScripts,
  renderAgentUnits,
  renderAgentSettings,
  renderSettingsPage,
  renderApiReference,
  renderIntegrations,
]) {
  for (const path of await render()) console.error(path);
}
