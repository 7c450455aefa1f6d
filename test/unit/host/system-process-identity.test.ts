import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { systemProcessIdentity } from "../../../src/host/system-process-identity.ts";

const PROCESS = join(import.meta.dirname, "../../support/spawner/worker-process.ts");

/** A worker in a process of its own. */
async function otherDriver() {
  const child = spawn(process.execPath, [PROCESS], { stdio: ["pipe", "pipe", "inherit"] });
  const [id] = await once(createInterface(child.stdout), "line");
  return { child, id: String(id) };
}

async function kill({ child }: Awaited<ReturnType<typeof otherDriver>>): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

describe("a worker", () => {
  it("has a unique id each time, and is not gone while it runs", () => {
    const [one, other] = [systemProcessIdentity(), systemProcessIdentity()];
    expect(one.id).not.toBe(other.id);
    expect([one.isGone(one.id), one.isGone(other.id)]).toEqual([false, false]);
  });

  it("is gone as soon as its process has ended", async () => {
    const other = await otherDriver();
    const own = systemProcessIdentity();
    expect(own.isGone(other.id)).toBe(false);
    await kill(other);
    expect(own.isGone(other.id)).toBe(true);
  });

  it.each([
    "",
    "elsewhere",
    "a/b/c",
    "a/b/c/d/e",
    "__proto__/1/2/3",
    "//",
    `${"x".repeat(100)}/1/2/3`,
  ])("is not known to be gone if its id is %j", (id) => {
    expect(systemProcessIdentity().isGone(id)).toBe(false);
  });

  it.each(["0", "-1", "01", "1e3", " 1", "99999999999"])(
    "is not known to be gone if its process id is %j",
    (pid) => {
      const own = systemProcessIdentity();
      const [world = "", , ...rest] = own.id.split("/");
      expect(own.isGone([world, pid, ...rest].join("/"))).toBe(false);
    },
  );

  it("is not known to be gone if it was a process of another host, dead or alive", async () => {
    const other = await otherDriver();
    await kill(other);
    const [, ...rest] = other.id.split("/");
    expect(systemProcessIdentity().isGone(["another-boot.4026531836", ...rest].join("/"))).toBe(
      false,
    );
  });
});

describe.skipIf(process.platform !== "linux")("a worker on Linux", () => {
  it("is gone if another process has its process id now", async () => {
    const other = await otherDriver();
    const [world, pid, began, ...rest] = other.id.split("/");
    const earlier = [world, pid, String(Number(began) - 1), ...rest].join("/");
    const own = systemProcessIdentity();
    expect([own.isGone(other.id), own.isGone(earlier)]).toEqual([false, true]);
    await kill(other);
  });

  it("is gone once it is a zombie, for which its parent has not waited", async () => {
    // The shell starts a worker and becomes a program that never waits for its children.
    const script = `exec 3<&0; "$0" "$1" <&3 & exec sleep 30`;
    const parent = spawn("/bin/sh", ["-c", script, process.execPath, PROCESS], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [line] = await once(createInterface(parent.stdout), "line");
    const id = String(line);
    const pid = Number(id.split("/")[1]);
    const own = systemProcessIdentity();
    expect(own.isGone(id)).toBe(false);
    process.kill(pid, "SIGKILL");
    await expect.poll(() => stateOf(pid)).toBe("Z");
    expect(own.isGone(id)).toBe(true);
    const ended = once(parent, "exit");
    parent.kill("SIGKILL");
    await ended;
  });
});

function stateOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2)[0];
}
