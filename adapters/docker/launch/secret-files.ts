import type { Readable } from "node:stream";
import { SlipwayError } from "../../../src/errors.ts";
import type { LaunchSecrets } from "../../../src/substrate/contract.ts";
import type { EngineApi } from "../client/api.ts";
import { hasStatus } from "../errors/errors.ts";
import { firstFileOf, tarOf } from "./tar.ts";

/** Whose a secret file is. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

const ROOT: FileOwner = { uid: 0, gid: 0 };
const DEFAULT_MODE = "0400";
const OCTAL_MODE = /^0?[0-7]{3}$/;
const LARGEST_ACCOUNTS_FILE = 1024 * 1024;
const LARGEST_ID = 2 ** 32 - 2;
const NUMBER = /^\d{1,10}$/;

/**
 * Puts the secret files into a container that has not started yet. They belong to the user that the container runs as:
 * a file that only root may read is of no use to an image with a user of its own.
 *
 * @param user The image's: `""` for root, else user or uid, with `:group` or `:gid` or without.
 */
export async function copySecretFiles(
  api: EngineApi,
  container: { readonly id: string; readonly user: string },
  files: LaunchSecrets["files"],
): Promise<void> {
  if (files.length === 0) return;
  const owner = await ownerOf(container.user, async (path) => accounts(api, container.id, path));
  const archive = tarOf(
    files.map(({ mount, value }) => ({
      path: mount.path ?? "",
      content: value.revealBytes(),
      mode: modeOf(mount.mode ?? DEFAULT_MODE),
      ...owner,
    })),
  );
  await api.copyInto(container.id, archive);
}

/**
 * The ids of a user as the engine finds them: names, and the group of a user without one, by the image's
 * own `/etc/passwd` and `/etc/group`.
 */
export async function ownerOf(
  user: string,
  readAccounts: (path: string) => Promise<string>,
): Promise<FileOwner> {
  const [name = "", group = ""] = user.split(":");
  if (name === "" && group === "") return ROOT;
  const isNumeric = NUMBER.test(name) && NUMBER.test(group);
  const passwd = isNumeric ? "" : await readAccounts("/etc/passwd");
  const account = entriesOf(passwd).find(([login, , uid]) => login === name || uid === name);
  const uid = idOf(NUMBER.test(name) ? name : account?.[2], `user ${name}`);
  if (group === "") return { uid, gid: idOf(account?.[3] ?? "0", `the group of ${name}`) };
  if (NUMBER.test(group)) return { uid, gid: idOf(group, `group ${group}`) };
  const groups = entriesOf(await readAccounts("/etc/group"));
  const gid = groups.find(([title]) => title === group)?.[2];
  return { uid, gid: idOf(gid, `group ${group}`) };
}

function entriesOf(text: string): readonly (readonly string[])[] {
  return text.split("\n").map((line) => line.split(":"));
}

function idOf(text: string | undefined, what: string): number {
  const id = text !== undefined && NUMBER.test(text) ? Number(text) : null;
  if (id !== null && id <= LARGEST_ID) return id;
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "MACHINE_NOT_STARTED",
    message: `the secret files cannot be given to ${what}: the image knows no such id`,
    remedy: "Give the image a user that its /etc/passwd and /etc/group know, or a numeric one.",
    blastRadius: "image",
  });
}

function modeOf(mode: string): number {
  if (OCTAL_MODE.test(mode)) return Number.parseInt(mode, 8);
  throw new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "INVALID_PLAN",
    message: `"${mode}" is no mode of a secret file`,
    remedy: "Resolve the workspace again.",
  });
}

/** A file of the container's, as text; empty where there is none. */
async function accounts(api: EngineApi, id: string, path: string): Promise<string> {
  try {
    const archive = await readUpTo(await api.copyFrom(id, path), LARGEST_ACCOUNTS_FILE);
    return Buffer.from(firstFileOf(archive) ?? []).toString("utf8");
  } catch (caught) {
    if (hasStatus(caught, 404)) return "";
    throw caught;
  }
}

/** As much of the stream as the limit lets in; the rest is left unread. */
async function readUpTo(stream: Readable, limit: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream) {
    if (!(piece instanceof Uint8Array)) continue;
    pieces.push(piece);
    size += piece.byteLength;
    if (size > limit) break;
  }
  return Buffer.concat(pieces);
}
