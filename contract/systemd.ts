/** What holds in a service of this project on a host with systemd. */

/**
 * Settings of a unit's section [Service]: no privileges, nothing of the host but reading. Not `MemoryDenyWriteExecute`: the JavaScript
 * engine compiles to memory that it executes.
 * @param home what is seen of home folders: `yes` nothing, `read-only` where the program may be kept in one
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html
 */
export function sandbox(home: 'yes' | 'read-only'): string[] {
  return [
    'LimitCORE=0',
    'UMask=0077',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'ProtectSystem=strict',
    `ProtectHome=${home}`,
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'ProtectProc=invisible',
    'KeyringMode=private',
    'LockPersonality=yes',
    'RemoveIPC=yes',
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'SystemCallArchitectures=native',
    'SystemCallErrorNumber=EPERM',
    'SystemCallFilter=@system-service',
  ];
}
