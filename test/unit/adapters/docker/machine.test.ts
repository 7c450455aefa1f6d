import { describe, expect, it } from "vitest";
import { machineOf, machineOfListed } from "../../../../adapters/docker/machine.ts";
import {
  containerReply,
  infoReply,
  listReply,
  readReply,
} from "../../../../adapters/docker/client/replies.ts";
import { digestOf } from "../../../support/docker-plan.ts";

const LABELS = {
  "dev.slipway.owner": "ledger-1",
  "dev.slipway.tenant": "acme",
  "dev.slipway.workspace": "agent-dev",
  "dev.slipway.spawn": "spawn-1",
  "dev.slipway.launch": "0123",
  "dev.slipway.plan": "f".repeat(63),
  "dev.slipway.plan-id": digestOf("f"),
  "dev.slipway.artifact": `registry.test/x@${digestOf("a")}`,
  "dev.slipway.architecture": "arm64",
};
const OWNERSHIP = {
  owner: "ledger-1",
  tenant: "acme",
  workspace: "agent-dev",
  spawnId: "spawn-1",
  launchId: "0123",
  planId: digestOf("f"),
};

/** A reply of `GET /containers/ID/json`, with fields that Slipway does not read. */
function inspected(state: object, more: { labels?: object | null; network?: object | null } = {}) {
  const reply = {
    Id: "c1",
    Created: "2026-11-22T14:49:15.921252542Z",
    Path: "/bin/busybox",
    State: { Running: false, Pid: 0, ...state },
    Config: {
      Hostname: "c1",
      Tty: false,
      Labels: more.labels === undefined ? LABELS : more.labels,
    },
    NetworkSettings: more.network === undefined ? { Ports: {}, Networks: {} } : more.network,
  };
  return machineOf(readReply(containerReply, reply, "a container"), "engine-host");
}

function listed(item: object) {
  const reply = [{ Id: "c1", Created: 1_795_358_955, Labels: LABELS, ...item }];
  const [first] = readReply(listReply, reply, "containers");
  if (first === undefined) throw new Error("no item");
  return machineOfListed(first, "engine-host");
}

describe("machineOf", () => {
  it("reads null as an absent member, as clients written in Go do", () => {
    const nothing = { ExitCode: null, Error: null, OOMKilled: null };
    expect(inspected({ Status: "running", ...nothing })).toEqual(inspected({ Status: "running" }));
    const info = { NCPU: null, Architecture: null, OSType: null, MemoryLimit: null };
    expect(readReply(infoReply, info, "itself")).toEqual(readReply(infoReply, {}, "itself"));
  });

  it("reports a running container's identity, address and ports", () => {
    const network = {
      Ports: {
        "9000/tcp": null,
        "8080/tcp": [
          { HostIp: "127.0.0.1", HostPort: "32768" },
          { HostIp: "::1", HostPort: "32769" },
        ],
        "53/udp": [{ HostIp: "0.0.0.0", HostPort: "32770" }],
        "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "32771" }],
      },
      Networks: {
        agents: { IPAddress: "", GlobalIPv6Address: "fd00::2" },
        bridge: { IPAddress: "172.17.0.2", GlobalIPv6Address: "" },
      },
    };
    expect(inspected({ Status: "running" }, { network })).toEqual({
      id: "c1",
      place: "engine-host",
      state: "running",
      architecture: "arm64",
      artifact: `registry.test/x@${digestOf("a")}`,
      addresses: { private: "172.17.0.2", public: null },
      launchIndex: null,
      ports: [
        { port: 80, hostPort: 32771 },
        { port: 8080, hostPort: 32768 },
      ],
      ownership: OWNERSHIP,
      end: null,
      createdAt: "2026-11-22T14:49:15.921252542Z",
    });
  });

  it.each([
    ["created", "pending"],
    ["restarting", "pending"],
    ["running", "running"],
    ["paused", "stopped"],
    ["removing", "ended"],
    ["exited", "ended"],
    ["dead", "ended"],
    ["a state of later engines", "pending"],
  ])("%s is %s", (status, state) => {
    expect(inspected({ Status: status }).state).toBe(state);
  });

  it.each([
    [{ ExitCode: 0 }, { exitCode: 0, message: "exited with code 0" }],
    [{ ExitCode: 137 }, { exitCode: 137, message: "ended by signal 9" }],
    [{ ExitCode: 255 }, { exitCode: 255, message: "exited with code 255" }],
    [
      { ExitCode: 137, OOMKilled: true },
      {
        exitCode: 137,
        message: "killed: out of memory",
        verdict: expect.objectContaining({
          reason: "MACHINE_EXITED",
          remedy: expect.stringMatching(/^Raise the memory /),
          blastRadius: "request",
        }),
      },
    ],
  ])("says how it ended: %j", (state, end) => {
    expect(inspected({ Status: "exited", ...state }).end).toEqual(end);
  });

  const RUNC = "OCI runtime create failed: runc create failed: unable to start container process: ";
  it.each([
    [
      `${RUNC}error during container init: apply apparmor profile: apparmor failed to apply profile: no such file or directory: unknown`,
      { reason: "ENGINE_HOST_FAULT", blastRadius: "zone", retry: "next-candidate" },
    ],
    [
      "failed to set up container networking: driver failed programming external connectivity on endpoint x (0a): Bind for 127.0.0.1:80 failed: port is already allocated",
      { code: "RESOURCE_EXHAUSTED", reason: "PORT_UNAVAILABLE", blastRadius: "zone" },
    ],
    [
      "write /var/lib/docker/containers/c1/hosts: no space left on device",
      { code: "RESOURCE_EXHAUSTED", reason: "ENGINE_DISK_FULL", blastRadius: "zone" },
    ],
    [
      "context deadline exceeded",
      { code: "UNAVAILABLE", reason: "ENGINE_UNAVAILABLE", retry: "next-candidate" },
    ],
    [
      "read-only file system",
      { reason: "ENGINE_HOST_FAULT", blastRadius: "zone", retry: "next-candidate" },
    ],
    [
      "words that no rule\nknows",
      { reason: "ENGINE_ERROR", blastRadius: "zone", retry: "next-candidate" },
    ],
    [
      `${RUNC}exec: "/app": stat /app: no such file or directory: unknown`,
      { reason: "MACHINE_NOT_STARTED", blastRadius: "image" },
    ],
  ])("judges the engine's error as that of a start: %s", (words, verdict) => {
    const message = words.replaceAll("\n", " ");
    const end = { exitCode: 128, message, verdict };
    expect(inspected({ Status: "exited", ExitCode: 128, Error: words }).end).toMatchObject(end);
  });

  it("counts a container whose start failed as ended", () => {
    const machine = inspected({ Status: "created", ExitCode: 127, Error: "no such file" });
    expect(machine).toMatchObject({
      state: "ended",
      end: { exitCode: 127, message: "no such file" },
    });
  });

  it("knows nothing of a container that is not ours", () => {
    const machine = inspected({ Status: "running" }, { labels: null, network: null });
    expect(machine).toMatchObject({
      ownership: null,
      architecture: null,
      artifact: null,
      addresses: { private: null, public: null },
      ports: [],
    });
    const partly = { "dev.slipway.owner": "ledger-1", "dev.slipway.tenant": "acme" };
    expect(inspected({ Status: "running" }, { labels: partly }).ownership).toBeNull();
  });

  it("falls back to the version 6 address", () => {
    const network = {
      Networks: { six: { IPAddress: "", GlobalIPv6Address: "fd00::2" }, none: null },
    };
    expect(inspected({ Status: "running" }, { network }).addresses.private).toBe("fd00::2");
  });
});

describe("machineOfListed", () => {
  it("reports the same for a running container", () => {
    const machine = listed({
      State: "running",
      Status: "Up 2 hours",
      Ports: [
        { IP: "127.0.0.1", PrivatePort: 8080, PublicPort: 32768, Type: "tcp" },
        { PrivatePort: 9000, Type: "tcp" },
        { PrivatePort: 53, PublicPort: 32770, Type: "udp" },
      ],
      NetworkSettings: { Networks: { bridge: { IPAddress: "172.17.0.2" } } },
    });
    expect(machine).toEqual({
      id: "c1",
      place: "engine-host",
      state: "running",
      architecture: "arm64",
      artifact: `registry.test/x@${digestOf("a")}`,
      addresses: { private: "172.17.0.2", public: null },
      launchIndex: null,
      ports: [{ port: 8080, hostPort: 32768 }],
      ownership: OWNERSHIP,
      end: null,
      createdAt: "2026-11-22T14:49:15.000Z",
    });
  });

  it("reads the exit code out of the status", () => {
    expect(listed({ State: "exited", Status: "Exited (3) 2 seconds ago" }).end).toEqual({
      exitCode: 3,
      message: "exited with code 3",
    });
    expect(listed({ State: "dead", Status: "Dead" }).end).toEqual({
      exitCode: null,
      message: "Dead",
    });
  });
});

describe("readReply", () => {
  it("refuses what no engine says", () => {
    for (const reply of [null, "<html>", { Id: "" }, { Id: "c1" }])
      expect(() => readReply(containerReply, reply, "a container")).toThrowError(
        expect.objectContaining({ reason: "ENGINE_UNSUPPORTED" }),
      );
  });

  it("takes an engine at its best where it does not say what it can", () => {
    expect(readReply(infoReply, {}, "itself")).toMatchObject({
      MemoryLimit: true,
      CpuCfsQuota: true,
    });
  });
});
