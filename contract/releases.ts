/** What users download: the layout of a release, and where releases are published. */

/** Where releases are published, unless AXIOM_RELEASES_URL says otherwise; `releases/<version>/` and `releases/latest/` lie under it. */
export const RELEASES_URL = 'https://axiom-cloudformation-template.s3.eu-central-1.amazonaws.com/axiomrunner';
/** In the place of a version: the newest release. */
export const LATEST_RELEASE = 'latest';

/** Architectures of processors by the names that container images, Debian and Go use. */
export type Architecture = 'amd64' | 'arm64';
/** The single executable, for Linux with glibc. Beside each stand its `.sha256`, as sha256sum writes it, and its `.sig`, where the release is signed. */
export const EXECUTABLES: Readonly<Record<Architecture, string>> = {
  amd64: 'regular-amd64_linux_amd64_v1/axiomrunner',
  arm64: 'regular-amd64_linux_arm64_v1/axiomrunner',
};

/** Archives with the folder in them that the published guide enters after it has unpacked one. */
export const ARCHIVES = {
  helm: { file: 'axiom-runner-helm-v2.zip', folder: 'axiom-runner-helm-v2' },
  docker: { file: 'axiom-runner-docker.zip', folder: 'axiom-runner-docker' },
  binary: { file: 'axiom-runner-binary.zip', folder: 'axiom-runner-binary' },
} as const;

/** SHA-256 of every file of a release, as sha256sum writes it. */
export const CHECKSUMS_FILE = 'SHA256SUMS';
/** Ending of a signature: Ed25519 (RFC 8032) over the bytes of the file without the ending, 64 bytes. */
export const SIGNATURE_ENDING = '.sig';
/** Public key of the signatures, PEM; also beside the script in the archive of the binary, which then accepts signed updates only. */
export const RELEASE_KEY_FILE = 'release-key.pem';

/** Index of a release for programs. */
export const RELEASE_INDEX_FILE = 'release.json';
export interface ReleaseIndex {
  readonly version: string;
  /** When it was made, RFC 3339 in UTC: the time of the commit. */
  readonly released: string;
  readonly files: readonly {
    /** Relative to the release. */
    readonly path: string;
    readonly bytes: number;
    /** Lower-case hexadecimal. */
    readonly sha256: string;
  }[];
}
