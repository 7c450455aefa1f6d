import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  containerName,
  containerRequest,
} from "../../../../../adapters/docker/launch/launch-request.ts";
import { settingsOf } from "../../../../../adapters/docker/settings.ts";
import type { GcpTarget } from "../../../../../src/plan/plan.ts";
import { SecretValue } from "../../../../../src/secret-value.ts";
import type { Launch, LaunchMember } from "../../../../../src/substrate/contract.ts";
import {
  digestOf,
  dockerPlan,
  launchOf,
  memberOf,
  NO_SECRETS,
} from "../../../../support/docker-plan.ts";

const GCP_TARGET: GcpTarget = {
  substrate: "GCP",
  project: "acme",
  zones: ["europe-west1-b"],
  subnet: "default",
  networkProject: null,
  assignPublicIp: false,
  serviceAccount: null,
  wifProviderResourceName: null,
  wifServiceAccount: null,
  wifReadonlyServiceAccount: null,
  labels: {},
};

function requestOf(launch: Launch, member: LaunchMember = memberOf("spawn-1")) {
  return containerRequest(launch, member);
}

const OWN = {
  env: { A: "1", TEXT: "two\nlines = ü" },
  labels: { "example.com/task": "7" },
  input: { n: 1, text: "ü" },
};

function withEnvironment(environment: Record<string, SecretValue>): Launch {
  return launchOf(dockerPlan(), { secrets: { ...NO_SECRETS, environment } });
}

describe("containerRequest", () => {
  it("gives the container its spawn's variables, input and labels", () => {
    const { body } = requestOf(launchOf(dockerPlan({ target: { labels: { team: "red" } } })), {
      ...memberOf("spawn-1"),
      ...OWN,
    });
    expect(body.Env).toEqual([
      "A=1",
      "TEXT=two\nlines = ü",
      'SLIPWAY_INPUT={"n":1,"text":"ü"}',
      'SLIPWAY_BOOT_DOCUMENT={"spawn_id":"spawn-1"}',
    ]);
    expect(body.Labels).toMatchObject({ team: "red", "example.com/task": "7" });
  });

  it("gives them to a container without a boot document too", () => {
    const plan = dockerPlan({ guest: { bootDocument: "none" } });
    const { body } = requestOf(launchOf(plan), { ...memberOf("spawn-1"), ...OWN, input: 0 });
    expect(body.Env).toEqual(["A=1", "TEXT=two\nlines = ü", "SLIPWAY_INPUT=0"]);
    const bare = requestOf(launchOf(plan), memberOf("spawn-1"));
    expect(bare.body.Env).toEqual([]);
  });

  it("sends this body for a workspace that asks for everything", () => {
    const plan = dockerPlan(
      {
        architecture: "arm64",
        target: { network: "agents", labels: { team: "red" }, publishAddress: "10.0.0.5" },
        guest: {
          ports: [{ port: 8080, name: "web" }],
          secretRefs: ["API_KEY"],
        },
        shape: { record: "small", vcpus: 1.5, memoryGb: 2 },
      },
      { CpuShares: 512, Env: ["A=1"], Cmd: ["run"], User: "app", ExposedPorts: { "9000": {} } },
    );
    const secrets = {
      ...NO_SECRETS,
      environment: { ZED: new SecretValue("z"), API_KEY: new SecretValue("s3cret=1") },
    };
    const request = requestOf(launchOf(plan, { secrets }));
    expect(request).toEqual({
      name: containerName("0123456789abcdef".repeat(4), "spawn-1"),
      platform: "linux/arm64",
      body: {
        Image: `registry.test:5000/team/agent@${digestOf("a")}`,
        Env: ["API_KEY=s3cret=1", "ZED=z", 'SLIPWAY_BOOT_DOCUMENT={"spawn_id":"spawn-1"}'],
        Labels: {
          team: "red",
          "dev.slipway.owner": "ledger-1",
          "dev.slipway.tenant": "acme",
          "dev.slipway.workspace": "agent-dev",
          "dev.slipway.spawn": "spawn-1",
          "dev.slipway.launch": "0123456789abcdef".repeat(2),
          "dev.slipway.plan": plan.planId.slice("sha256:".length, "sha256:".length + 63),
          "dev.slipway.plan-id": plan.planId,
          "dev.slipway.artifact": `registry.test:5000/team/agent@${digestOf("a")}`,
          "dev.slipway.architecture": "arm64",
        },
        ExposedPorts: { "8080/tcp": {} },
        HostConfig: {
          PortBindings: { "8080/tcp": [{ HostIp: "10.0.0.5", HostPort: "" }] },
          NetworkMode: "agents",
          Memory: 2 * 2 ** 30,
          CpuShares: 512,
          NanoCpus: 1_500_000_000,
        },
      },
    });
  });

  it("leaves unset values to the engine", () => {
    const { body } = requestOf(launchOf(dockerPlan()));
    expect(body.HostConfig).toEqual({ PortBindings: {} });
    expect(body.ExposedPorts).toEqual({});
    expect(Object.keys(body)).toEqual(["Image", "Env", "Labels", "ExposedPorts", "HostConfig"]);
  });

  it("gives the platform's variant on, and no platform if the image states none", () => {
    const variant = dockerPlan({ artifact: { platform: "linux/arm64/v8" } });
    expect(requestOf(launchOf(variant)).platform).toBe("linux/arm64/v8");
    const { platform: _platform, ...artifact } = dockerPlan().artifact;
    const plan = { ...dockerPlan({ architecture: "arm64" }), artifact };
    expect(requestOf(launchOf(plan)).platform).toBeNull();
  });

  it("sends no boot document where the workspace wants none", () => {
    const plan = dockerPlan({ guest: { bootDocument: "none" } });
    expect(requestOf(launchOf(plan)).body.Env).toEqual([]);
  });

  it("does not let a placement's labels pass for ours", () => {
    const plan = dockerPlan({ target: { labels: { "dev.slipway.owner": "someone", a: "b" } } });
    const { Labels } = requestOf(launchOf(plan)).body;
    expect(Labels).toMatchObject({ "dev.slipway.owner": "ledger-1", a: "b" });
    const foreign = dockerPlan({ target: { labels: { "dev.slipway.new": "x" } } });
    expect(requestOf(launchOf(foreign)).body.Labels).not.toHaveProperty(["dev.slipway.new"]);
  });

  it("sends a label called __proto__ as any other", () => {
    const labels = Object.fromEntries([["__proto__", "x"]]);
    const { Labels } = requestOf(launchOf(dockerPlan({ target: { labels } }))).body;
    expect(JSON.stringify(Labels)).toContain('"__proto__":"x"');
  });

  it.each([
    ["an empty name", { "": new SecretValue("x") }],
    ["a name with =", { "A=B": new SecretValue("x") }],
    ["a NUL byte in the value", { A: new SecretValue("x\0y") }],
    ["bytes that are no text", { A: new SecretValue(new Uint8Array([0xff, 0xfe])) }],
  ])("refuses %s as a variable, without revealing the value", (_what, environment) => {
    expect(() => requestOf(withEnvironment(environment))).toThrowError(
      expect.objectContaining({ reason: "RESOURCE_VALUE_REFUSED" }),
    );
  });

  it("keeps a byte order mark and line ends of a secret", () => {
    const launch = withEnvironment({ A: new SecretValue("\uFEFFx\r\ny\n") });
    expect(requestOf(launch).body.Env[0]).toBe("A=\uFEFFx\r\ny\n");
  });

  it("refuses a plan whose settings were edited", () => {
    const plan = dockerPlan();
    for (const settings of [
      {},
      { container: { ...settingsOf(plan), privileged: true } },
      { container: { ...settingsOf(plan), memory: -1 } },
    ])
      expect(() => requestOf(launchOf({ ...plan, settings }))).toThrowError(
        expect.objectContaining({ code: "INVALID_ARGUMENT", reason: "INVALID_PLAN" }),
      );
  });

  it("refuses a plan of another substrate", () => {
    const plan = { ...dockerPlan(), target: GCP_TARGET };
    expect(() => requestOf(launchOf(plan))).toThrowError(
      expect.objectContaining({ reason: "SUBSTRATE_MISMATCH" }),
    );
  });
});

describe("containerName", () => {
  it("is made of the token and the member alone", () => {
    const hash = createHash("sha256").update('["t","s"]').digest("hex");
    expect(containerName("t", "s")).toBe(`slipway-${hash.slice(0, 32)}`);
  });

  it("differs for different launches and members", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (a, b, c, d) => {
        fc.pre(a !== c || b !== d);
        expect(containerName(a, b)).not.toBe(containerName(c, d));
        expect(containerName(a, b)).toMatch(/^slipway-[0-9a-f]{32}$/);
      }),
    );
  });
});
