import type { Readable } from "node:stream";
import { SlipwayError } from "../../../src/errors.ts";
import type { LaunchSecrets } from "../../../src/substrate/contract.ts";
import type { EngineApi } from "../client/api.ts";
import { hasStatus } from "../errors/errors.ts";
import { firstFileOf, tarOf } from "./tar.ts";

/** Owner of a secret file. */
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
 * Copies the secret files into a container that has not started yet. They belong to the container's user: an image
 * that runs as another user could not read root's files.
 *
 * @param user the image's user: `""` for root, otherwise a user or uid, optionally with `:group` or `:gid`
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
 * Resolves a user's ids as the engine does: names, and a missing group, from the image's `/etc/passwd` and
 * `/etc/group`.
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
    message: `the secret files cannot be given to ${what}: the image has no such id`,
    remedy: "Set the image's user to one in its /etc/passwd and /etc/group, or to a numeric id.",
    blastRadius: "image",
  });
}

function modeOf(mode: string): number {
  if (OCTAL_MODE.test(mode)) return Number.parseInt(mode, 8);
  throw new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "INVALID_PLAN",
    message: `"${mode}" is not a valid file mode`,
    remedy: "Resolve the workspace again.",
  });
}

/** Reads a file of the container as text; empty if it does not exist. */
async function accounts(api: EngineApi, id: string, path: string): Promise<string> {
  try {
    const archive = await readUpTo(await api.copyFrom(id, path), LARGEST_ACCOUNTS_FILE);
    return Buffer.from(firstFileOf(archive) ?? []).toString("utf8");
  } catch (caught) {
    if (hasStatus(caught, 404)) return "";
    throw caught;
  }
}

/** Reads the stream up to the limit and ignores the rest. */
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
