import { Readable } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import type { ExecRequest, MachineAccess } from "../../../src/substrate/contract.ts";
import { portsOf } from "../../../src/slipway/spawn-ports.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { openAssembled } from "../../support/assembled.ts";

type Exec = Extract<MachineAccess, { kind: "exec" }>["exec"];

/** Slipway with the spawn `one`, on a substrate with this access. */
async function withAccess(access: MachineAccess | null) {
  const stack = new AsyncDisposableStack();
  const here = stack.use(
    await openAssembled({}, {}, (adapter) => (access === null ? adapter : { ...adapter, access })),
  );
  await here.slipway.spawnWorkspace("agent-dev", { spawnId: "one" });
  return { ...here, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function running(exec: Exec): MachineAccess {
  return { kind: "exec", exec, publishedHost: async () => "127.0.0.1" };
}

describe("exec", () => {
  it("passes the command on to the spawn's machine, and returns its exit code", async () => {
    const exec = vi.fn<Exec>().mockResolvedValue(7);
    await using here = await withAccess(running(exec));
    const code = await here.slipway.exec("one", {
      command: ["env", ""],
      env: { TOKEN: "hidden-value" },
      user: "me",
      workingDirectory: "/srv",
    });
    expect(code).toBe(7);
    const [machine] = here.adapter.machines;
    const [id, request] = exec.mock.calls[0] ?? [];
    expect(id).toBe(machine?.id);
    expect(request).toMatchObject({
      command: ["env", ""],
      user: "me",
      workingDirectory: "/srv",
      input: null,
      terminal: null,
    });
    expect(request?.env["TOKEN"]?.reveal()).toBe("hidden-value");
    expect(JSON.stringify(await here.slipway.describeSpawn("one"))).not.toContain("hidden-value");
  });

  it.each([
    [{ command: [] }, "command has no program"],
    [{ command: [""] }, "command has no program"],
    [{ command: ["a\0b"] }, "NUL"],
    [{ command: ["a"], user: "a\0" }, "NUL"],
    [{ command: ["a"], env: { A: "\0" } }, "NUL"],
    [{ command: ["a"], env: { "": "x" } }, "cannot be the name"],
    [{ command: ["a"], env: { "A=B": "x" } }, "cannot be the name"],
  ])("refuses %j before the engine is asked", async (options, words) => {
    await using here = await withAccess(running(() => Promise.reject(new Error("asked"))));
    await expect(here.slipway.exec("one", options)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_INPUT",
      message: expect.stringContaining(words),
    });
  });

  it("needs a spawn that has a machine", async () => {
    await using here = await withAccess(running(() => Promise.resolve(0)));
    const run = (spawnId: string) => here.slipway.exec(spawnId, { command: ["true"] });
    await expect(run("two")).rejects.toMatchObject({ reason: "SPAWN_NOT_FOUND" });
    await here.slipway.terminateSpawn("one");
    await expect(run("one")).rejects.toMatchObject({ reason: "MACHINE_NOT_STARTED" });
  });

  it("names the provider's own commands for a virtual machine, so that a shell can read them", async () => {
    const commands = (id: string) => [
      ["log", "in", id],
      ["other", "it's $HOME"],
    ];
    await using here = await withAccess({ kind: "commands", commands });
    const id = here.adapter.machines[0]?.id ?? "";
    await expect(here.slipway.exec("one", { command: ["true"] })).rejects.toMatchObject({
      code: "UNIMPLEMENTED",
      reason: "SUBSTRATE_UNSUPPORTED",
      remedy: `Log in with \`log in ${id}\`, or with \`other 'it'\\''s $HOME'\`.`,
      metadata: { spawn_id: "one", machine_id: id, commands: commands(id) },
    });
  });

  it("has a remedy as well if the adapter knows no way in", async () => {
    await using here = await withAccess(null);
    await expect(here.slipway.exec("one")).rejects.toMatchObject({
      reason: "SUBSTRATE_UNSUPPORTED",
      remedy: "Log in with the provider's own tools.",
    });
  });
});

describe("a shell", () => {
  /** A container whose `sh` answers the search for a shell. */
  const container = (
    answer: string,
    code: number,
    ran: (request: ExecRequest) => void = () => undefined,
  ) =>
    running(async (_id, request) => {
      if (request.command[0] !== "sh") {
        ran(request);
        return 0;
      }
      expect(request).toMatchObject({ input: null, terminal: null, user: "me" });
      await request.onOutput("stdout", Buffer.from(answer));
      return code;
    });

  it.each([
    ["/usr/bin/bash\n", "/usr/bin/bash"],
    ["/bin/sh\n/bin/other\n", "/bin/sh"],
    // A shell of busybox, with its programs built in.
    ["bash", "bash"],
  ])("is what the container answers: %j", async (answer, shell) => {
    const ran = vi.fn<(request: ExecRequest) => void>();
    await using here = await withAccess(container(answer, 0, ran));
    const terminal = {
      size: () => ({ columns: 80, rows: 24 }),
      onResize: () => new DisposableStack(),
    };
    await here.slipway.exec("one", { user: "me", terminal, input: Readable.from([]) });
    expect(ran.mock.calls[0]?.[0]).toMatchObject({ command: [shell], terminal });
  });

  it.each([
    ['exec: "sh": executable file not found\r\n', 126],
    ["", 127],
    ["alias bash='rm -rf'", 0],
    ["/bin/zsh", 0],
    ["/bin/sh", 1],
  ])("cannot be started: %j with code %i", async (answer, code) => {
    await using here = await withAccess(container(answer, code));
    await expect(here.slipway.exec("one", { user: "me" })).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "SHELL_NOT_FOUND",
      message: `spawn one: no shell can be started in the container${answer === "" ? "" : `: ${answer.trim()}`}`,
      metadata: { exit_code: code },
    });
  });
});

describe("ports", () => {
  it("have the address of the engine, in ascending order", async () => {
    await using here = await withAccess(running(() => Promise.resolve(0)));
    await here.catalog.set("workspace", {
      name: "agent-dev",
      imageRef: "agent",
      placement: "here",
      ports: [{ port: 9090, name: "metrics" }, { port: 80 }],
    });
    await here.slipway.spawnWorkspace("agent-dev", { spawnId: "two" });
    expect(await here.slipway.listPorts("one")).toEqual([]);
    expect(await here.slipway.listPorts("two")).toEqual([
      {
        port: 80,
        name: null,
        address: "127.0.0.1",
        hostPort: expect.any(Number),
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      },
      {
        port: 9090,
        name: "metrics",
        address: "127.0.0.1",
        hostPort: expect.any(Number),
        url: expect.any(String),
      },
    ]);
  });
});

describe("logs since a time", () => {
  it("are refused where the provider records no times", async () => {
    await using here = await withAccess(null);
    const read = (since: string) => Array.fromAsync(here.slipway.logs("one", { since }));
    await expect(read("2026-11-22T04:00:00Z")).rejects.toMatchObject({
      code: "UNIMPLEMENTED",
      reason: "SUBSTRATE_UNSUPPORTED",
      message: expect.stringContaining("has no times"),
    });
    await expect(read("yesterday")).rejects.toMatchObject({ reason: "INVALID_INPUT" });
  });
});

describe("the address of a port", () => {
  const machine = {
    id: "m",
    place: "here",
    architecture: null,
    addresses: { private: "10.0.0.2", public: null },
    ports: [{ port: 80, hostPort: 32_768 }],
  };
  const plan = samplePlan({
    guest: {
      ...samplePlan().guest,
      ports: [
        { port: 80, name: null },
        { port: 81, name: null },
      ],
    },
  });

  it("is null for a container's port that is not published", async () => {
    const [, second] = await portsOf({ plan, machine, access: running(() => Promise.resolve(0)) });
    expect(second).toEqual({ port: 81, name: null, address: null, hostPort: null, url: null });
  });

  it.each([
    [{ private: "10.0.0.2", public: "192.0.2.7", ipv6: "2001:db8::1" }, "http://192.0.2.7:80"],
    [{ private: "10.0.0.2", public: null, ipv6: "2001:db8::1" }, "http://10.0.0.2:80"],
    [{ private: "2001:db8::1", public: null }, "http://[2001:db8::1]:80"],
    [{ private: null, public: null, ipv6: "2001:db8::1" }, "http://[2001:db8::1]:80"],
    [{ private: null, public: null }, null],
  ])("of a virtual machine with %j is %s", async (addresses, url) => {
    const access = { kind: "commands", commands: () => [] } as const;
    const [first] = await portsOf({ plan, machine: { ...machine, addresses }, access });
    expect(first?.url).toBe(url);
  });
});
