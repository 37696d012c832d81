import type { NameRule } from '../../contract/name-rules';

/** Address of an artifact. What a shell would read differently is refused. */
export const ARTIFACT_URL: NameRule = {
  pattern: '^https://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9._~%/?&=+,:@-]+$',
  maxLength: 2048,
  allowed: 'an https:// address without quotes, blanks and $',
  fix: 'Write for example https://downloads.example.com/axiom-runner/1.0.0/axiomrunner.',
};

/** SHA-256 of a file. */
export const ARTIFACT_SHA256: NameRule = {
  pattern: '^[0-9a-f]{64}$',
  allowed: '64 hexadecimal digits in lower case',
  fix: 'Copy what "sha256sum" prints for the file that you checked.',
};

/** Key of an object in a bucket, which also stands in a policy: no wildcard. */
export const ARTIFACT_OBJECT_KEY: NameRule = {
  pattern: '^[A-Za-z0-9!_.()/=+,@:-]+$',
  maxLength: 1024,
  allowed: '1 to 1024 letters, digits and !_.()/=+,@:-; no wildcard',
  fix: 'Copy the key as "aws s3 ls" prints it.',
};

/** Version of an object in a bucket. */
export const ARTIFACT_OBJECT_VERSION: NameRule = {
  pattern: '^[A-Za-z0-9_.-]+$',
  maxLength: 1024,
  allowed: 'the id of one version',
  fix: 'Copy "VersionId" from what "aws s3api list-object-versions" prints.',
};
