import { createHash } from "node:crypto";

/** Where cloud-init writes the boot document. The folder is in memory, as the machine's own identity is. */
const BOOT_DOCUMENT_PATH = "/run/slipway/boot.json";

/**
 * User data for cloud-init: a cloud-config that writes the boot document and, if the workspace has user data of its
 * own, that one as a second part. Lists of the two (`write_files`, `runcmd`) are joined, because cloud-init otherwise
 * keeps only those of the last part ("Merging user data sections").
 *
 * @param bootDocument one line of ASCII
 * @param userData `#cloud-config` or a script that begins with `#!`
 */
export function cloudInitUserData(bootDocument: string, userData: string | null): string {
  const cloudConfig = [
    "#cloud-config",
    "write_files:",
    `- path: ${BOOT_DOCUMENT_PATH}`,
    '  permissions: "0644"',
    "  content: |",
    `    ${bootDocument}`,
    "",
  ].join("\n");
  if (userData === null) return cloudConfig;
  return multipart([
    { type: "text/cloud-config", content: cloudConfig },
    {
      type: userData.startsWith("#!") ? "text/x-shellscript" : "text/cloud-config",
      content: userData,
    },
  ]);
}

interface Part {
  readonly type: "text/cloud-config" | "text/x-shellscript";
  readonly content: string;
}

/** A MIME message whose boundary depends on its content, so that the same workspace has the same user data. */
function multipart(parts: readonly Part[]): string {
  const boundary = `slipway-${createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32)}`;
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    "MIME-Version: 1.0",
    "",
    ...parts.flatMap((part) => [`--${boundary}`, ...partHeaders(part), "", partBody(part)]),
    `--${boundary}--`,
    "",
  ].join("\n");
}

function partHeaders({ type, content }: Part): readonly string[] {
  return [
    `Content-Type: ${type}; charset="utf-8"`,
    "MIME-Version: 1.0",
    `Content-Transfer-Encoding: ${isPlain(content) ? "7bit" : "base64"}`,
    ...(type === "text/cloud-config"
      ? ["Merge-Type: list(append)+dict(no_replace,recurse_list)+str()"]
      : []),
  ];
}

function partBody({ content }: Part): string {
  if (isPlain(content)) return content;
  return (
    Buffer.from(content)
      .toString("base64")
      .match(/.{1,76}/g) ?? []
  ).join("\n");
}

/** Whether mail can carry it as it is: ASCII without carriage returns, in lines of at most 998 characters. */
function isPlain(content: string): boolean {
  return (
    /^[\t\n\x20-\x7e]*$/.test(content) && content.split("\n").every((line) => line.length <= 998)
  );
}
