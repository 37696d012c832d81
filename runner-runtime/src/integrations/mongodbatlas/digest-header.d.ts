declare module 'digest-header' {
  /**
   * The value of an `Authorization` header: https://datatracker.ietf.org/doc/html/rfc7616 with MD5.
   * @param uri       path and query
   * @param challenge the `WWW-Authenticate` header
   * @param userpass  `user:password`
   * @returns an empty text for a challenge without realm or nonce
   */
  function digestAuthHeader(method: string, uri: string, challenge: string, userpass: string): string;
  export = digestAuthHeader;
}
