import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ownerOf } from "../../../../../adapters/docker/launch/secret-files.ts";
import { firstFileOf, tarOf } from "../../../../../adapters/docker/launch/tar.ts";
import type { TarFile } from "../../../../../adapters/docker/launch/tar.ts";

const FILES: Readonly<Record<string, string>> = {
  "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\napp:x:1000:2000::/:/bin/sh\n5:x:77:88::/:\n",
  "/etc/group": "root:x:0:\nstaff:x:50:app\n",
};

describe("ownerOf", () => {
  it.each([
    ["", 0, 0, []],
    ["0:0", 0, 0, []],
    ["1234:5678", 1234, 5678, []],
    ["4294967294:1", 4294967294, 1, []],
    ["root", 0, 0, ["/etc/passwd"]],
    ["app", 1000, 2000, ["/etc/passwd"]],
    ["1000", 1000, 2000, ["/etc/passwd"]],
    ["4242", 4242, 0, ["/etc/passwd"]],
    ["app:staff", 1000, 50, ["/etc/passwd", "/etc/group"]],
    ["app:7", 1000, 7, ["/etc/passwd"]],
    ["4242:staff", 4242, 50, ["/etc/passwd", "/etc/group"]],
  ])("%j", async (user, uid, gid, read) => {
    const asked: string[] = [];
    const owner = await ownerOf(user, (path) => {
      asked.push(path);
      return Promise.resolve(FILES[path] ?? "");
    });
    expect(owner).toEqual({ uid, gid });
    expect(asked).toEqual(read);
  });

  it.each(["nobody", "app:nogroup", "4294967295:0", "99999999999"])("refuses %s", async (user) => {
    const owner = ownerOf(user, (path) => Promise.resolve(FILES[path] ?? ""));
    await expect(owner).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "MACHINE_NOT_STARTED",
    });
  });
});

describe("tarOf", () => {
  const file = (changes: Partial<TarFile>): TarFile => ({
    path: "/run/secrets/key",
    content: Buffer.from("s3cret"),
    mode: 0o400,
    uid: 0,
    gid: 0,
    ...changes,
  });

  it("is read by tar", () => {
    const long = `/${"deep/".repeat(30)}key`;
    const archive = tarOf([
      file({ uid: 1000, gid: 2000 }),
      file({ path: long, mode: 0o640, content: Buffer.alloc(1000, "x"), uid: 4_000_000_000 }),
      file({ path: "/empty", content: new Uint8Array() }),
    ]);
    const listed = execFileSync("tar", ["-tvf", "-", "--numeric-owner"], { input: archive });
    const lines = listed.toString().trimEnd().split("\n");
    expect(lines.map((line) => line.split(/\s+/))).toEqual([
      ["-r--------", "1000/2000", "6", "1970-01-01", "00:00", "run/secrets/key"],
      ["-rw-r-----", "4000000000/0", "1000", "1970-01-01", "00:00", long.slice(1)],
      ["-r--------", "0/0", "0", "1970-01-01", "00:00", "empty"],
    ]);
    const read = execFileSync("tar", ["-xOf", "-", "run/secrets/key"], { input: archive });
    expect(read.toString()).toBe("s3cret");
  });

  it.each([
    "key",
    "",
    "/",
    "/a//b",
    "/a/../b",
    "/./a",
    "/a/",
    "/a\0b",
    `/${"x".repeat(101)}`,
    `/${"a/".repeat(200)}`,
  ])("refuses the path %j", (path) => {
    expect(() => tarOf([file({ path })])).toThrowError(
      expect.objectContaining({ reason: "RESOURCE_VALUE_REFUSED" }),
    );
  });

  it("gives back what it was given, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (content) => {
        expect(firstFileOf(tarOf([file({ content })]))).toEqual(Buffer.from(content));
      }),
    );
  });
});

describe("firstFileOf", () => {
  it("passes folders over and finds nothing in rubbish", () => {
    const archive = Buffer.from(
      tarOf([{ path: "/etc/passwd", content: Buffer.from("x"), mode: 0o644, uid: 0, gid: 0 }]),
    );
    const folder = Buffer.from(archive.subarray(0, 512));
    folder.write("5", 156);
    folder.write("00000000000", 124);
    expect(firstFileOf(Buffer.concat([folder, archive]))?.toString()).toBe("x");
    expect(firstFileOf(new Uint8Array())).toBeNull();
    expect(firstFileOf(Buffer.alloc(512, "z"))).toBeNull();
  });

  it("ends on every input", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2048 }), (bytes) => {
        expect(() => firstFileOf(bytes)).not.toThrow();
      }),
    );
  });
});
