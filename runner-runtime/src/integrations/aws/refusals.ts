import { RunnerError } from '../../errors.js';

/** Parts of AWS that the integration works with, by the prefix of their permissions. */
export type Service = 'sts' | 'iam' | 'organizations' | 'sso' | 'identitystore';

/** An error answer of AWS. */
export interface AwsRefusal {
  readonly service: Service;
  readonly action: string;
  readonly status: number;
  /** `AccessDeniedException`; https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
  readonly code: string;
  /** AWS's own words: for telling refusals apart, never to be shown. */
  readonly message: string;
}

const THROTTLED =
  /^(Throttling|ThrottlingException|ThrottledException|TooManyRequestsException|RequestLimitExceeded|RequestThrottled(Exception)?)$/;
const DENIED = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthorizationError|UnauthorizedException)$/;
const EXPIRED = /^(ExpiredToken|ExpiredTokenException|RequestExpired)$/;
const UNKNOWN_CALLER =
  /^(InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature|MissingAuthenticationToken(Exception)?|InvalidIdentityToken|IDPRejectedClaim)$/;
const MISSING = /NotFoundException$|^NoSuchEntity$|^AWSOrganizationsNotInUseException$/;
const CONFLICT = /^(ConflictException|EntityAlreadyExists|DeleteConflict|EntityTemporarilyUnmodifiable|Concurrent(ly)?Modif\w+)$/;
const USED_UP = /^(LimitExceeded|LimitExceededException|ServiceQuotaExceededException)$/;

/** Whether a refusal means "later": AWS says so with status 400. */
export function isThrottling(code: string): boolean {
  return THROTTLED.test(code);
}

/** What a refusal means, in our own words. */
export function refusalError(refusal: AwsRefusal): RunnerError {
  const { service, action, status, code } = refusal;
  const object = `${service}:${action}`;
  if (service === 'sts' && action.startsWith('AssumeRole') && (DENIED.test(code) || code === 'ValidationError'))
    return mayNotAssume(refusal);
  if (DENIED.test(code)) {
    return new RunnerError('TARGET_PERMISSION_DENIED', 'The role of the secret lacks a permission that this needs.', {
      object,
      mend: `Allow ${object} to the role, and see that no service control policy denies it.`,
    });
  }
  if (EXPIRED.test(code)) {
    return new RunnerError('TARGET_AUTH_FAILED', "The session of the secret's role has expired.", { object, retryable: true });
  }
  if (UNKNOWN_CALLER.test(code)) {
    return new RunnerError('TARGET_AUTH_FAILED', "AWS does not know the runner's credentials.", {
      object,
      mend: 'Check the credentials of the host, its clock, and that the region is enabled in the account.',
    });
  }
  if (code === 'RegionDisabledException') {
    return new RunnerError('TARGET_UNREACHABLE', 'STS is switched off in this region.', { object, mend: 'Set aws_region of the secret.' });
  }
  if (MISSING.test(code)) return new RunnerError('TARGET_NOT_FOUND', 'AWS does not know what was asked for.', { object });
  if (CONFLICT.test(code)) {
    return new RunnerError('CONFLICT', 'Something else is at work on the same thing, or of the same name.', { object, retryable: true });
  }
  if (USED_UP.test(code)) {
    return new RunnerError('CONFLICT', 'A quota of AWS is used up.', {
      object,
      mend: 'Raise the quota, or remove what is not needed.',
      retryable: true,
    });
  }
  if (code === 'UnmodifiableEntity') {
    return new RunnerError('UNSUPPORTED', 'AWS lets nobody but one of its services change this.', { object });
  }
  // The code is AWS's, but fixed: nothing but letters gets through.
  return new RunnerError('UNSUPPORTED', `AWS refuses the request (status ${status}${/^[A-Za-z]{3,60}$/.test(code) ? `, ${code}` : ''}).`, {
    object,
  });
}

/** AWS names the kind of policy only where the caller may know it: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
function mayNotAssume({ message }: AwsRefusal): RunnerError {
  if (/no identity-based policy allows|explicit deny in an identity-based policy/.test(message)) {
    return new RunnerError('TARGET_AUTH_FAILED', "The runner's own role may not assume the role of the secret.", {
      object: 'sts:AssumeRole',
      mend: 'Let the name of the role contain Axiom-Security, or allow sts:AssumeRole on it to the runner.',
    });
  }
  return new RunnerError('TARGET_AUTH_FAILED', 'The role of the secret does not let the runner in.', {
    object: 'sts:AssumeRole',
    mend: "Check that the role exists, that its trust policy names the runner's role, and that its sts:ExternalId is external_id of the secret; then, that the runner's role may assume it (a name with Axiom-Security).",
  });
}
