/** The code of an error of the system (`ENOENT`) or of Node (`ERR_TLS_CERT_ALTNAME_INVALID`); null for anything else. */
export function errorCode(caught: unknown): string | null {
  if (!(caught instanceof Error) || !("code" in caught)) return null;
  return typeof caught.code === "string" ? caught.code : null;
}
