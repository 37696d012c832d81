/** Folder of the audit trail in the state folder of an agent. */
export const AUDIT_FOLDER = 'audit';
