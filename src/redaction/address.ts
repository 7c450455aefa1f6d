/**
 * An address as messages quote it: without the user, the query and the fragment, where users write passwords and tokens.
 * Also of an address that cannot be parsed, because that is when it is quoted.
 */
export function quotableAddress(address: string): string {
  const [, scheme = "", rest = ""] = /^([a-z][a-z\d+.-]*:\/\/)?(.*)$/is.exec(address) ?? [];
  // Either the user or the query contains the other's sign: what follows the last sign may be part of a secret.
  if (/[?#].*@/s.test(rest)) return `${scheme}[redacted]`;
  return scheme + rest.replace(/^.*@/s, "[redacted]@").replace(/[?#].*$/s, "?[redacted]");
}
