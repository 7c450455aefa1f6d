import { expect, it } from "vitest";
import { containerReply, readReply } from "../../../../../adapters/docker/client/replies.ts";
import { settingsOfContainer } from "../../../../../adapters/docker/machines/read-settings.ts";

function settingsOf(config: object, host: object, mounts: readonly object[] | null = null) {
  const reply = {
    Id: "c1",
    State: { Status: "running" },
    Config: config,
    HostConfig: host,
    Mounts: mounts,
  };
  return settingsOfContainer(readReply(containerReply, reply, "a container"));
}

it("leaves out what the engine leaves empty", () => {
  const host = {
    Privileged: false,
    CapAdd: null,
    Dns: [],
    Tmpfs: null,
    LogConfig: { Type: "", Config: null },
    DeviceRequests: null,
    Ulimits: [],
    MaskedPaths: ["/proc/kcore"],
  };
  expect(settingsOf({ User: "", Cmd: null, Entrypoint: null }, host)).toEqual({});
});

// Recorded from Podman 4.3.
it("reads Podman's spellings", () => {
  const host = {
    Ulimits: [{ Name: "RLIMIT_NOFILE", Hard: 200, Soft: 100 }],
    Tmpfs: { "/scratch": "size=1m,mode=1777,rw,rprivate,nosuid,nodev,tmpcopyup" },
    Devices: [{ PathOnHost: "/dev/null", PathInContainer: "/dev/x", CgroupPermissions: "" }],
    CapDrop: ["CHOWN"],
    LogConfig: { Type: "json-file", Config: null },
    MaskedPaths: null,
  };
  const mounts = [
    { Type: "bind", Source: "/etc/hostname", Destination: "/x", RW: false },
    { Type: "volume", Name: "cache", Source: "/var/lib/cache/_data", Destination: "/cache" },
  ];
  expect(settingsOf({}, host, mounts)).toEqual({
    volumes: ["/etc/hostname:/x:ro", "cache:/cache"],
    devices: ["/dev/null:/dev/x"],
    logging: { driver: "json-file" },
    ulimits: { nofile: { soft: 100, hard: 200 } },
    tmpfs: ["/scratch:size=1m,mode=1777,rw,rprivate,nosuid,nodev,tmpcopyup"],
    capDrop: ["CHOWN"],
  });
});

it("reads requests for graphics processors, and no secret of the engine's own configuration", () => {
  const host = {
    DeviceRequests: [
      { Driver: "", Count: -1, DeviceIDs: null, Capabilities: [["gpu"]], Options: {} },
      { Driver: "cdi", Count: 0, DeviceIDs: ["acme.com/gpu=0"], Capabilities: null, Options: null },
    ],
    LogConfig: { Type: "splunk", Config: { "splunk-token": "s3cret", "splunk-url": "https://x" } },
  };
  expect(settingsOf({}, host)).toEqual({
    gpus: [
      { count: -1, capabilities: ["gpu"] },
      { driver: "cdi", deviceIds: ["acme.com/gpu=0"] },
    ],
    logging: { driver: "splunk", options: { "splunk-url": "https://x" } },
  });
});
