import { writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  handles,
  readHostPlatforms,
} from "../../../../../adapters/docker/preflight/host-platforms.ts";
import { scratchFolder } from "../../../../support/scratch.ts";

const MASK = "mask ffffffffffffff00fffffffffffffffffeffffff";
const ARM64 = `enabled
interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
flags: PF
offset 0
magic 7f454c460201010000000000000000000200b700
${MASK}
`;

describe("handles", () => {
  it.each([
    ["the entry of qemu", ARM64, ["arm64"]],
    ["another processor's", ARM64.replace("b700", "3e00"), ["amd64"]],
    ["one that is off", ARM64.replace("enabled", "disabled"), []],
    ["one that containers cannot use", ARM64.replace("PF", "P"), []],
    ["one that looks elsewhere", ARM64.replace("offset 0", "offset 4"), []],
    ["one by extension", "enabled\ninterpreter /usr/bin/wine\nflags: F\nextension .exe\n", []],
    ["nothing", "", []],
  ])("%s", (_what, entry, architectures) => {
    const found = (["amd64", "arm64"] as const).filter((architecture) =>
      handles(entry, architecture),
    );
    expect(found).toEqual(architectures);
  });
});

describe("readHostPlatforms", () => {
  it("reads the kernel's own files", async () => {
    using folder = scratchFolder();
    const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text);
    write("status", "enabled\n");
    write("register", "");
    write("qemu-something", ARM64);
    const platforms = readHostPlatforms(folder.path);
    expect(platforms.kernel).toBe(release());
    expect(await platforms.runs("arm64")).toBe(true);
    expect(await platforms.runs("amd64")).toBe(false);
    write("status", "disabled\n");
    expect(await platforms.runs("arm64")).toBe(false);
  });

  it("runs nothing foreign where the kernel has no such folder", async () => {
    expect(await readHostPlatforms("/nonexistent").runs("arm64")).toBe(false);
  });
});
