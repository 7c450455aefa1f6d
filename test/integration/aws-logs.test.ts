import { describe, expect, it } from "vitest";
import type { LogsRequest } from "../../src/substrate/contract.ts";
import { caughtError } from "../support/caught.ts";
import { ec2Launch, ec2Plan, ec2World, summary } from "../support/ec2-launch.ts";
import type { Ec2World } from "../support/ec2-launch.ts";

const { signal } = new AbortController();

async function launchedOne(world: Ec2World): Promise<string> {
  const [id = ""] = summary(await world.adapter.launch(ec2Launch(ec2Plan(world.region)), signal));
  return id;
}

async function read(world: Ec2World, id: string, request: Partial<LogsRequest> = {}) {
  const pieces: string[] = [];
  const logs = world.adapter.logs(id, { follow: false, tail: null, ...request }, signal);
  for await (const piece of logs) pieces.push(Buffer.from(piece).toString());
  return pieces;
}

describe("the console of an instance", () => {
  it("can be read whole or from its last lines, and is empty before the machine runs", async () => {
    await using world = await ec2World();
    const id = await launchedOne(world);
    expect(await read(world, id)).toEqual([]);
    await world.clock.advance(1_000);
    world.region.setConsole(id, "one\ntwo\nthree");
    expect(await read(world, id)).toEqual(["one\ntwo\nthree"]);
    expect(await read(world, id, { tail: 2 })).toEqual(["two\nthree"]);
    expect(await read(world, id, { tail: 0 })).toEqual([]);
  });

  it("is followed until the machine has ended, each new part once", async () => {
    await using world = await ec2World();
    const id = await launchedOne(world);
    await world.clock.advance(1_000);
    world.region.setConsole(id, "old\none\n");
    const logs = world.adapter.logs(id, { follow: true, tail: 1 }, signal);
    const pieces: string[] = [];
    for await (const piece of logs) {
      pieces.push(Buffer.from(piece).toString());
      // The window moves, and its beginning is lost.
      if (pieces.length === 1) world.region.setConsole(id, "one\ntwo\n");
      if (pieces.length === 2) {
        world.region.setConsole(id, "two\nbye\n");
        world.region.endInstance(id, { code: "Server.InternalError", message: "gone" });
      }
    }
    expect(pieces).toEqual(["one\n", "two\n", "bye\n"]);
  });

  it("is read as of the machine's start if its type does not support the latest output", async () => {
    await using world = await ec2World();
    const id = await launchedOne(world);
    await world.clock.advance(1_000);
    world.region.setConsole(id, "one\n");
    const code = "UnsupportedOperation";
    world.ec2.fault({ kind: "error", code, action: "GetConsoleOutput", times: 1 });
    expect(await read(world, id)).toEqual(["one\n"]);
    const latest = world.sent("GetConsoleOutput").map(({ parameters }) => parameters["Latest"]);
    expect(latest).toEqual(["true", undefined]);
  });

  it("is empty for a machine launched a moment ago, and not found for any other unknown one", async () => {
    await using world = await ec2World({ timing: { describeLagMs: 3_000 } });
    const id = await launchedOne(world);
    expect(await read(world, id)).toEqual([]);
    for (const unknown of ["i-0123456789abcdef0", "i-short"])
      expect(await caughtError(() => read(world, unknown))).toMatchObject({
        code: "NOT_FOUND",
        reason: "MACHINE_NOT_FOUND",
      });
  });
});
