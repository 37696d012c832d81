import type { MarkedObject } from '../integration.js';
import { type Access, openApi } from './api.js';
import { nameOf } from './binding.js';
import { readAll } from './list.js';
import { type ClusterObject, LABEL_SELECTOR, MARK, objectSchema } from './objects.js';
import { ALL_ROLE_BINDINGS, accountsPath, CLUSTER_ROLE_BINDINGS } from './paths.js';
import { whoAmI } from './reviews.js';
import { stateSchema } from './state.js';

/** Every binding that carries a mark, and each temporary service account that has no binding (any more). */
export async function listMarked(access: Access): Promise<MarkedObject[]> {
  const api = openApi(access);
  const { account } = await whoAmI(api);
  const select = { schema: objectSchema, labelSelector: LABEL_SELECTOR };
  const bindings = [
    ...(await readAll(api, { ...select, path: ALL_ROLE_BINDINGS })),
    ...(await readAll(api, { ...select, path: CLUSTER_ROLE_BINDINGS })),
  ];
  const accounts = account === undefined ? [] : await readAll(api, { ...select, path: accountsPath(account.namespace) });
  const bound = new Set(bindings.map(({ metadata }) => metadata.name));
  return Promise.all([
    ...bindings.map((binding) => markedBinding(access, binding)),
    ...accounts.filter(({ metadata }) => !bound.has(metadata.name)).map((one) => markedAccount(access, one)),
  ]);
}

/** A mark that was copied from another binding is none. */
async function markedBinding(access: Access, { metadata }: ClusterObject): Promise<MarkedObject> {
  const { name, namespace } = metadata;
  const state = await meantBy(access, metadata);
  const atHome = state?.name === name && state.namespace?.name === namespace;
  const object = nameOf({ name, ...(namespace === undefined ? {} : { namespace: { name: namespace, uid: '' } }) });
  return { object, mark: atHome ? (metadata.annotations?.[MARK] ?? '') : '' };
}

async function markedAccount(access: Access, { metadata }: ClusterObject): Promise<MarkedObject> {
  const { name, namespace = '' } = metadata;
  const state = await meantBy(access, metadata);
  const atHome = state?.name === name && state.accountNamespace === namespace;
  return { object: `ServiceAccount ${namespace}/${name}`, mark: atHome ? (metadata.annotations?.[MARK] ?? '') : '' };
}

async function meantBy({ marks }: Access, { annotations }: ClusterObject['metadata']) {
  return stateSchema.safeParse((await marks.read(annotations?.[MARK] ?? ''))?.intent.state).data;
}
