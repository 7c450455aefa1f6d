import { describe, expect, it } from "vitest";
import { containerRequest } from "../../../../../adapters/docker/launch/launch-request.ts";
import { mergeConfiguration } from "../../../../../adapters/docker/preflight/container-configuration.ts";
import type { JsonObject } from "../../../../../src/errors.ts";
import type { GuestRequest } from "../../../../../src/plan/plan.ts";
import { dockerDraft, dockerPlan, launchOf, memberOf } from "../../../../support/docker-plan.ts";
import type { DraftChanges } from "../../../../support/docker-plan.ts";

/** The body as the engine receives it: without undefined members. */
function bodyOf(changes: DraftChanges): JsonObject {
  const plan = dockerPlan(changes);
  const body: unknown = containerRequest(launchOf(plan), memberOf("spawn-1")).body;
  return JSON.parse(JSON.stringify(body));
}

describe("the options of a container", () => {
  it("that no record sets are left to the engine", () => {
    const body = bodyOf({});
    expect(body["HostConfig"]).toEqual({ PortBindings: {} });
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(["User"]));
  });

  it.each([
    [[{ count: -1 }], [{ Count: -1, Capabilities: [["gpu"]] }]],
    [[{}], [{ Count: -1, Capabilities: [["gpu"]] }]],
    [
      [{ driver: "nvidia", deviceIds: ["0", "GPU-1"], capabilities: ["gpu", "compute"] }],
      [{ Driver: "nvidia", DeviceIDs: ["0", "GPU-1"], Capabilities: [["gpu", "compute"]] }],
    ],
    [
      [{ count: 2, options: { virtualization: "false" } }],
      [{ Count: 2, Capabilities: [["gpu"]], Options: { virtualization: "false" } }],
    ],
  ])("gpus %j are the requests %j", (gpus, requests) => {
    const body = bodyOf({ shape: { container: { gpus } } });
    expect(body["HostConfig"]).toEqual({ PortBindings: {}, DeviceRequests: requests });
  });

  it("CDI devices are requests, devices of the host are not", () => {
    const devices = ["/dev/fuse", "acme.com/gpu=0", "/dev/null:/dev/x:r"];
    expect(bodyOf({ target: { devices } })["HostConfig"]).toEqual({
      PortBindings: {},
      Devices: [
        { PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rwm" },
        { PathOnHost: "/dev/null", PathInContainer: "/dev/x", CgroupPermissions: "r" },
      ],
      DeviceRequests: [{ Driver: "cdi", DeviceIDs: ["acme.com/gpu=0"] }],
    });
  });

  it("privileged and the volume driver are sent as they are", () => {
    const target = { privileged: true, volumes: ["cache:/cache:ro"], volumeDriver: "local" };
    expect(bodyOf({ target })["HostConfig"]).toEqual({
      PortBindings: {},
      Privileged: true,
      Mounts: [
        {
          Type: "volume",
          Source: "cache",
          Target: "/cache",
          ReadOnly: true,
          VolumeOptions: { DriverConfig: { Name: "local" } },
        },
      ],
    });
  });

  it("an empty entrypoint removes the image's on both engines", () => {
    const guest = { entrypoint: [], command: ["/bin/agent"], user: "0" };
    expect(bodyOf({ guest })).toMatchObject({ Entrypoint: [""], Cmd: ["/bin/agent"], User: "0" });
  });
});

describe("the merged process", () => {
  const image = { Entrypoint: ["/entry"], Cmd: ["--serve"], User: "app" };
  const merged = (guest: Partial<GuestRequest>) => {
    const { container, sources } = mergeConfiguration(dockerDraft({ guest }), { config: image });
    const { entrypoint, cmd, user } = container;
    return { entrypoint, cmd, user, source: sources["/settings/container/cmd"] };
  };

  it.each<readonly [Partial<GuestRequest>, object]>([
    [{}, { entrypoint: ["/entry"], cmd: ["--serve"], user: "app" }],
    [{ command: ["x"] }, { entrypoint: ["/entry"], cmd: ["x"] }],
    [{ entrypoint: ["/mine"] }, { entrypoint: ["/mine"], cmd: null }],
    [
      { entrypoint: ["/mine"], command: ["x"] },
      { entrypoint: ["/mine"], cmd: ["x"] },
    ],
    [{ entrypoint: [] }, { entrypoint: null, cmd: ["--serve"] }],
    [{ user: "1000:1000" }, { user: "1000:1000" }],
  ])("of %j is %j", (guest, expected) => {
    expect(merged(guest)).toMatchObject(expected);
  });

  it("names the workspace as its source", () => {
    expect(merged({ command: ["x"] }).source).toBe("workspace agent-dev generation 3 command");
    expect(merged({ entrypoint: ["/mine"] }).source).toBe(
      "workspace agent-dev generation 3 entrypoint",
    );
    expect(merged({}).source).toMatch(/^image configuration /);
  });
});
