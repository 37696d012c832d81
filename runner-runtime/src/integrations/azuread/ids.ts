/** https://learn.microsoft.com/graph/api/resources/directoryobject: every object of a directory has one. */
const GUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
/** https://learn.microsoft.com/entra/identity/hybrid/connect/plan-connect-userprincipalname */
const USER_PRINCIPAL_NAME = /^[A-Za-z0-9'._!#^~-]{1,64}@[A-Za-z0-9.-]{1,253}$/;

/** An object id in the one form in which it is compared and stored; nothing where the text is no id. */
export function objectId(text: string): string | undefined {
  const id = text.toLowerCase();
  return GUID.test(id) ? id : undefined;
}

export function isUserPrincipalName(text: string): boolean {
  return USER_PRINCIPAL_NAME.test(text);
}

/** A text in an OData filter. https://learn.microsoft.com/graph/query-parameters#escaping-single-quotes */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
