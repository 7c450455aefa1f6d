import { createHash } from "node:crypto";

/** The parts of a VM's user data, in the order in which cloud-init handles them. */
export interface UserDataParts {
  /** Runs at each boot, before everything else. */
  readonly bootScript: string;
  /** Runs once, as the last step before the workspace's script or `runcmd`. */
  readonly cloneScript: string | null;
  /** The workspace's own: `#cloud-config`, or a script that begins with `#!`. */
  readonly own: string | null;
}

/**
 * User data for cloud-init, as a message of several parts. cloud-init runs a boothook as soon as it has the user data,
 * merges cloud-configs, and runs scripts at the end of the boot in the order of their parts; `runcmd` comes after them.
 */
export function cloudInitUserData({ bootScript, cloneScript, own }: UserDataParts): string {
  return multipart([
    { type: "text/cloud-boothook", content: bootScript },
    ...(cloneScript === null
      ? []
      : [{ type: "text/x-shellscript", content: cloneScript } as const]),
    ...(own === null ? [] : [ownPart(own)]),
  ]);
}

function ownPart(content: string): Part {
  return { type: content.startsWith("#!") ? "text/x-shellscript" : "text/cloud-config", content };
}

interface Part {
  readonly type: "text/cloud-boothook" | "text/cloud-config" | "text/x-shellscript";
  readonly content: string;
}

/** A MIME message whose boundary depends on its content, so that the same launch has the same user data. */
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
