import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CloudInitPeer } from "../peers.ts";

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, "guest.py");

/** A stage of cloud-init; `reboot` empties the folders in memory. */
export type GuestStage = "init" | "config" | "final" | "reboot";

/** A guest that boots by cloud-init with the metadata server at `url`. */
export interface Guest {
  readonly cloud: "ec2" | "gce";
  /** Null: its metadata server cannot be reached. */
  readonly url: string | null;
  /** Default: `init`, which finds the data source and runs boothooks. */
  readonly stages?: readonly GuestStage[];
  /** Files to report besides those of Slipway. */
  readonly files?: readonly string[];
  /** Shell commands that prepare the guest. */
  readonly setup?: readonly string[];
  /** Shell commands after its stages. */
  readonly afterwards?: readonly string[];
}

export interface GuestFile {
  /** Octal digits. */
  readonly mode: string;
  readonly text: string;
}

export interface GuestReport {
  /** Exit codes of the stages. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly files: Readonly<Record<string, GuestFile | null>>;
  /** The names in `/run/slipway`. */
  readonly folder: readonly string[];
  /** The variables after `. /run/slipway/env`; null if there is no such file. */
  readonly sh: Readonly<Record<string, string>> | null;
  readonly bash: Readonly<Record<string, string>> | null;
  readonly console: string;
  /** What cloud-init printed. */
  readonly log: string;
}

export const BOOT_DOCUMENT = "/run/slipway/boot.json";
export const CLONE_RESULT = "/var/lib/slipway/clone.json";

/** Only a guest that hangs takes so long, in milliseconds. */
const LONGEST = 50_000;

/** Boots the guests one after another; each ends with its report. Needs root. */
export async function bootGuests(
  { python }: CloudInitPeer,
  guests: readonly Guest[],
): Promise<readonly GuestReport[]> {
  const asked = guests.map(
    ({ stages = ["init"], files = [], setup = [], afterwards = [], ...guest }) => ({
      cloud: guest.cloud,
      port: guest.url === null ? null : Number(new URL(guest.url).port),
      stages,
      files: [BOOT_DOCUMENT, CLONE_RESULT, ...files],
      setup,
      afterwards,
    }),
  );
  const running = run(python, [PROGRAM], {
    maxBuffer: 64 * 1024 * 1024,
    timeout: LONGEST * Math.ceil(guests.length / 5),
  });
  running.child.stdin?.end(JSON.stringify({ guests: asked }));
  const reports: readonly GuestReport[] = JSON.parse((await running).stdout);
  return reports;
}

/** The guest's boot document. */
export function documentOf({ files, console, log }: GuestReport): Record<string, unknown> {
  const file = files[BOOT_DOCUMENT];
  if (file === null || file === undefined) throw new Error(`no boot document\n${console}\n${log}`);
  const document: Record<string, unknown> = JSON.parse(file.text);
  return document;
}
