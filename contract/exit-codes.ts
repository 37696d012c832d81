/** Exit codes of the commands, stable for scripts. */

export const EXIT_OK = 0;
/** The command ran and its answer is "no": a check failed, an access could not be revoked. */
export const EXIT_FAILED = 1;
/** The command line is wrong (`EX_USAGE` of sysexits.h). */
export const EXIT_USAGE = 64;
/** A service that the command needs cannot be reached (`EX_UNAVAILABLE`). */
export const EXIT_UNAVAILABLE = 69;
/** A fault in the program itself (`EX_SOFTWARE`). */
export const EXIT_SOFTWARE = 70;
/** Who asks is not known: no token, or one that is of no application (`EX_NOPERM`). */
export const EXIT_DENIED = 77;
/** A setting is missing or malformed (`EX_CONFIG`). */
export const EXIT_CONFIG = 78;
/** Whoever read standard output has gone (`… | head`): what a shell tells of a program that SIGPIPE has ended. */
export const EXIT_NO_READER = 141;
