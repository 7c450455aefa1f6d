import { execFileSync } from "node:child_process";
import { lstat, mkdtemp, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type LayerEntry, writeTar } from "../../../../testing/registry/tar.ts";

const LONG_PATH = `${"a".repeat(90)}/${"b".repeat(60)}/${"c".repeat(90)}`;

const ENTRIES: readonly LayerEntry[] = [
  { type: "directory", path: "/etc/", mode: 0o750, uid: 1000, gid: 1001 },
  { type: "file", path: "etc/motd", content: "Willkommen, schöne Welt\n" },
  {
    type: "file",
    path: "etc/blob",
    content: Uint8Array.from({ length: 1024 }, (_, i) => i & 0xff),
  },
  { type: "file", path: "etc/empty", content: "", mode: 0o600 },
  { type: "symlink", path: "etc/link", target: "motd" },
  { type: "file", path: LONG_PATH, content: "far down" },
];

describe("writeTar", () => {
  it("writes archives that tar extracts: contents, modes, links, long paths", async () => {
    const folder = await mkdtemp(join(tmpdir(), "slipway-tar-"));
    try {
      execFileSync("tar", ["-xf", "-", "-C", folder], { input: writeTar(ENTRIES) });
      expect(await readFile(join(folder, "etc/motd"), "utf8")).toBe("Willkommen, schöne Welt\n");
      expect((await readFile(join(folder, "etc/blob")))[1023]).toBe(255);
      expect(await readFile(join(folder, LONG_PATH), "utf8")).toBe("far down");
      expect(await readlink(join(folder, "etc/link"))).toBe("motd");
      expect((await lstat(join(folder, "etc"))).mode & 0o777).toBe(0o750);
      expect((await lstat(join(folder, "etc/empty"))).mode & 0o777).toBe(0o600);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("writes numeric owners and zero times", () => {
    const archive = writeTar(ENTRIES.slice(0, 1));
    expect(new TextDecoder().decode(archive.subarray(136, 148))).toBe("00000000000\0");
    const listing = execFileSync("tar", ["-tvf", "-", "--numeric-owner"], {
      input: writeTar(ENTRIES.slice(0, 2)),
      encoding: "utf8",
      env: { ...process.env, TZ: "UTC", LC_ALL: "C" },
    });
    expect(listing).toContain("1000/1001");
    expect(listing).toContain("0/0");
  });

  it("ends with two empty blocks, also without entries", () => {
    expect(writeTar([])).toEqual(new Uint8Array(1024));
    expect(writeTar(ENTRIES).byteLength % 512).toBe(0);
  });

  it.each<[string, LayerEntry]>([
    ["a path outside the root", { type: "file", path: "../etc/passwd", content: "" }],
    ["no path", { type: "directory", path: "/" }],
    ["a name that is too long", { type: "file", path: "x".repeat(101), content: "" }],
    ["a path that is too long", { type: "directory", path: "long/".repeat(60) }],
    ["a link that is too long", { type: "symlink", path: "l", target: "t".repeat(101) }],
    ["a negative owner", { type: "directory", path: "d", uid: -1 }],
    ["an owner that is too large", { type: "directory", path: "d", uid: 0o7777777 + 1 }],
  ])("refuses %s", (_, entry) => {
    expect(() => writeTar([entry])).toThrow(expect.objectContaining({ reason: "INVALID_INPUT" }));
  });
});
