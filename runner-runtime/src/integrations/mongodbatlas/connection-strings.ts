import type { DatabaseUserState } from './state.js';
import type { Cluster } from './subjects.js';

/** A credential is sealed and shown to a person: a long list is of no use there. */
const MOST_CLUSTERS = 20;

/** Where a database user logs in: the address of its cluster, or a line for each cluster of the project. */
export function connectionStrings(
  { cluster }: Pick<DatabaseUserState, 'cluster'>,
  clusters: readonly Cluster[],
): Readonly<Record<string, string>> {
  const known = clusters.flatMap((one) => {
    const address = addressOf(one);
    return address === undefined ? [] : [{ name: one.name, address }];
  });
  const [only] = known;
  if (only === undefined) return {};
  if (cluster !== undefined) return { connectionString: only.address };
  return {
    connectionStrings: known
      .slice(0, MOST_CLUSTERS)
      .map(({ name, address }) => `${name} ${address}`)
      .join('\n'),
  };
}

/** The public address where there is one, else a private one. */
function addressOf({ connectionStrings: strings = {} }: Cluster): string | undefined {
  const [endpoint] = strings.privateEndpoint ?? [];
  return (
    strings.standardSrv ??
    strings.standard ??
    endpoint?.srvConnectionString ??
    endpoint?.connectionString ??
    strings.privateSrv ??
    strings.private
  );
}
