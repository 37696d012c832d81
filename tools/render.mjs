import { renderApiReference } from './render/api-reference.mjs';
import { renderTemplates } from './render/cloudformation.mjs';
import { renderHelmChart } from './render/helm.mjs';
import { renderManifest } from './render/kubernetes.mjs';
import { renderScripts } from './render/scripts.mjs';
import { renderSettingsPage } from './render/settings.mjs';

/** `npm run render`: writes everything that is made from the constructs and the contract: what users download, and reference pages. */
for (const render of [renderTemplates, renderManifest, renderHelmChart, renderScripts, renderSettingsPage, renderApiReference]) {
  for (const path of render()) console.error(path);
}
