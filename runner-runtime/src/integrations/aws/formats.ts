/** Formats of AWS's ids and names, from its service descriptions: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */

/** `123456789012` */
export const ACCOUNT_ID = /^\d{12}$/;
/** Users, groups and permission sets of IAM Identity Center. */
export const CENTER_ID = /^([0-9a-f]{10}-)?[A-Fa-f0-9]{8}(-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}$/;
export const CENTER_USER_NAME = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u;
export const CENTER_GROUP_NAME = /^[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r \u00a0]{1,1024}$/u;
export const PERMISSION_SET_NAME = /^[\w+=,.@-]{1,32}$/;
export const PERMISSION_SET_ARN = /^arn:aws(-[a-z]{1,5}){0,3}:sso:::permissionSet\/(sso)?ins-[a-zA-Z0-9-.]{16}\/ps-[a-zA-Z0-9-./]{16}$/;
/** Names of users are at most 64 characters, of groups 128. */
export const IAM_USER_NAME = /^[\w+=,.@-]{1,64}$/;
export const IAM_GROUP_NAME = /^[\w+=,.@-]{1,128}$/;
export const POLICY_ARN = /^arn:aws(?:-cn|-us-gov)?:iam::(aws|\d{12}):policy\/(?:[\x21-\x7e]*\/)?([\w+=,.@-]{1,128})$/;
export const ROLE_ARN = /^arn:aws(?:-cn|-us-gov)?:iam::(\d{12}):role(\/(?:[\x21-\x7e]*\/)?)([\w+=,.@-]{1,64})$/;

/** What a runner itself has made, for whatever access. */
export function isRunners(name: string): boolean {
  return /^axm_/i.test(name);
}
