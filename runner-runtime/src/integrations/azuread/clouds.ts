/** The two places of one Microsoft cloud, without slashes at the end. */
export interface Cloud {
  /** Microsoft Graph; its paths start with the version. */
  readonly graph: string;
  /** Where tokens come from. */
  readonly login: string;
}

/** https://learn.microsoft.com/graph/deployments */
const CLOUDS: readonly Cloud[] = [
  { graph: 'https://graph.microsoft.com', login: 'https://login.microsoftonline.com' },
  { graph: 'https://graph.microsoft.us', login: 'https://login.microsoftonline.us' },
  { graph: 'https://dod-graph.microsoft.us', login: 'https://login.microsoftonline.us' },
  { graph: 'https://microsoftgraph.chinacloudapi.cn', login: 'https://login.partner.microsoftonline.cn' },
];

export const PUBLIC_CLOUD = 'https://graph.microsoft.com';

/** Graph endpoints of the known clouds. */
export const GRAPH_ENDPOINTS = CLOUDS.map(({ graph }) => graph);

/**
 * The cloud of a Graph endpoint; on a loopback address both are in one place.
 * @returns nothing for any other host: the client secret must not go there
 */
export function cloudOf(endpoint: string): Cloud | undefined {
  const graph = endpoint.replace(/\/v1\.0$/, '');
  const known = CLOUDS.find((cloud) => cloud.graph === graph.toLowerCase());
  if (known !== undefined) return known;
  return /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(graph) ? { graph, login: graph } : undefined;
}
