import { open, readdir } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import { errorCode } from "../../../src/host/error-code.ts";
import type { Architecture } from "../../../src/plan/plan.ts";

/** The platforms that this host's kernel runs, including emulated ones. */
export interface HostPlatforms {
  /**
   * The release of `uname -r`. An engine that reports the same release runs on this kernel, not in a virtual machine.
   */
  readonly kernel: string;
  /**
   * Whether containers can run programs of the architecture by `binfmt_misc`: an enabled entry with flag F, which
   * opens the interpreter when the entry is created, so that the container does not need it.
   */
  runs(architecture: Architecture): Promise<boolean>;
}

const FOLDER = "/proc/sys/fs/binfmt_misc";
const LARGEST_ENTRY = 4096;
/** `e_machine` of an ELF header: its offset in hex digits, and its values in little-endian hex. */
const MACHINE_OFFSET = 36;
const ELF_MAGIC = "7f454c46";
const ELF_MACHINES: Readonly<Record<Architecture, string>> = { amd64: "3e00", arm64: "b700" };

export function readHostPlatforms(folder = FOLDER): HostPlatforms {
  return {
    kernel: release(),
    async runs(architecture) {
      if (!(await readSmall(join(folder, "status"))).startsWith("enabled")) return false;
      const names = (await readdir(folder)).filter(
        (name) => !["register", "status"].includes(name),
      );
      const entries = await Promise.all(names.map((name) => readSmall(join(folder, name))));
      return entries.some((entry) => handles(entry, architecture));
    },
  };
}

/** Whether a `binfmt_misc` entry runs ELF programs of the architecture, in containers too. */
export function handles(entry: string, architecture: Architecture): boolean {
  const lines = entry.split("\n");
  const field = (name: string) =>
    lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? "";
  const magic = field("magic");
  const flags = lines.find((line) => line.startsWith("flags:")) ?? "";
  return (
    lines[0] === "enabled" &&
    flags.includes("F") &&
    field("offset") === "0" &&
    magic.startsWith(ELF_MAGIC) &&
    magic.slice(MACHINE_OFFSET, MACHINE_OFFSET + 4) === ELF_MACHINES[architecture]
  );
}

/** Empty if the file is missing: most hosts have no `binfmt_misc` mounted. */
async function readSmall(path: string): Promise<string> {
  try {
    await using file = await open(path, "r");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LARGEST_ENTRY));
    return buffer.toString("utf8", 0, bytesRead);
  } catch (caught) {
    if (errorCode(caught) !== null) return "";
    throw caught;
  }
}
