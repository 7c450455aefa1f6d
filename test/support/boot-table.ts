import { inflateRawSync } from "node:zlib";

/** The table in the boot script of user data: what the members of a launch share, and one row for each. */
export function bootTable(userData: string): unknown {
  const [, packed = ""] = /TABLE = """\n([^"]+)"""/u.exec(userData) ?? [];
  return JSON.parse(inflateRawSync(Buffer.from(packed, "base64")).toString("ascii"));
}
