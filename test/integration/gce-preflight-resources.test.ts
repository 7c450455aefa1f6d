import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startGce } from "../../testing/gce/index.ts";
import { gcePlan } from "../support/gce-launches.ts";
import {
  checkNamed,
  draftIn,
  failures,
  IMAGES,
  preflightIn,
  SUBNET,
} from "../support/gce-preflight.ts";
import type { PreflightParameters } from "../support/gce-preflight.ts";
import { gceAdapter, gceScene } from "../support/gce-scene.ts";
import type { GceScene } from "../support/gce-scene.ts";

const { signal } = new AbortController();

let scene: GceScene;
beforeEach(async () => {
  scene = await gceScene();
});
afterEach(() => scene[Symbol.asyncDispose]());

const preflight = (question: PreflightParameters = {}) => preflightIn(scene, question);

describe("a disk", () => {
  it("smaller than the image is refused", async () => {
    scene.gce.addImage("agents", { name: "large", diskSizeGb: 50 });
    const report = await preflight({ selfLink: `${IMAGES}/large`, shape: { diskSizeGb: 20 } });
    expect(failures(report.checks)).toEqual([["volume.size", "DISK_TOO_SMALL"]]);
  });

  it("of a type that there is not is refused", async () => {
    const report = await preflight({ shape: { diskType: "pd-imaginary" } });
    expect(failures(report.checks)).toEqual([["volume.type", "DISK_TYPE_NOT_FOUND"]]);
  });

  it.each([
    [5, "DISK_TOO_SMALL"],
    [70_000, "RESOURCE_VALUE_REFUSED"],
  ])("of %d GB, which its type does not have, is refused", async (diskSizeGb, reason) => {
    scene.gce.addImage("agents", { name: "tiny", diskSizeGb: 1 });
    const shape = { diskType: "pd-ssd", diskSizeGb };
    const report = await preflight({ selfLink: `${IMAGES}/tiny`, shape });
    expect(failures(report.checks)).toEqual([["volume.size", reason]]);
  });
});

describe("a subnet", () => {
  it.each([
    [{ subnet: "nowhere" }, [["subnets.exist", "SUBNET_NOT_FOUND"]]],
    [
      { subnet: "projects/agents/regions/us-east1/subnetworks/default" },
      [["subnets.network", "REGION_MISMATCH"]],
    ],
    [{ subnet: SUBNET, networkProject: "hub" }, [["subnets.network", "NETWORK_MISMATCH"]]],
    [
      { subnet: "projects/agents/regions/mars-north1/subnetworks/default" },
      [
        ["subnets.exist", "SUBNET_NOT_FOUND"],
        ["subnets.network", "REGION_MISMATCH"],
      ],
    ],
    [{ subnet: "a/b/c" }, [["subnets.exist", "SUBNET_NOT_FOUND"]]],
  ] as const)("as in %j is refused", async (target, expected) => {
    const report = await preflight({ target });
    expect(failures(report.checks)).toEqual(expected);
  });

  it("by its bare name is looked up in the zones' region, so that they are to be corrected", async () => {
    const report = await preflight({ target: { zones: ["us-central1"], subnet: "default" } });
    expect(failures(report.checks)).toEqual([
      ["zone.state", "PLACE_NOT_FOUND"],
      ["subnets.exist", "SUBNET_NOT_FOUND"],
    ]);
    const { message, remedy } = checkNamed("subnets.exist", report) ?? {};
    expect(message).toContain("Unknown region");
    expect(remedy).toMatch(/^Correct the placement's zones/);
    expect(checkNamed("permission.subnet", report)?.outcome).toBe("skipped");
  });

  it("of the network project is taken from there", async () => {
    scene.gce.addSubnetwork("hub", {
      name: "shared",
      region: "us-central1",
      network: "core",
      cidr: "10.9.0.0/24",
    });
    const report = await preflight({ target: { subnet: "shared", networkProject: "hub" } });
    expect(failures(report.checks)).toEqual([]);
    expect(report.settings["instance"]).toMatchObject({
      subnetwork: "projects/hub/regions/us-central1/subnetworks/shared",
    });
  });
});

describe("permissions", () => {
  it("to boot from the image are asked of Compute Engine itself", async () => {
    scene.gce.deny({ project: "agents", permission: "compute.images.useReadOnly" });
    const report = await preflight();
    expect(failures(report.checks)).toEqual([["permission.image", "IMAGE_PERMISSION_DENIED"]]);
    expect(checkNamed("permission.image", report)?.remedy).toContain("roles/compute.imageUser");
  });

  it("to read the subnet are not needed where the launcher may use it", async () => {
    scene.gce.deny({ project: "agents", permission: "compute.subnetworks.get" });
    const usable = await preflight();
    expect(failures(usable.checks)).toEqual([]);
    expect(checkNamed("subnets.exist", usable)?.outcome).toBe("warning");
    scene.gce.deny({ project: "agents", permission: "compute.subnetworks.use" });
    expect(failures((await preflight()).checks)).toEqual([
      ["subnets.exist", "CLOUD_PERMISSION_DENIED"],
      ["permission.subnet", "CLOUD_PERMISSION_DENIED"],
    ]);
  });

  it("to use the subnet are, with an external address if one is asked for", async () => {
    scene.gce.deny({ project: "agents", permission: "compute.subnetworks.useExternalIp" });
    expect(failures((await preflight()).checks)).toEqual([]);
    const report = await preflight({ target: { assignPublicIp: true } });
    expect(failures(report.checks)).toEqual([["permission.subnet", "CLOUD_PERMISSION_DENIED"]]);
    expect(checkNamed("permission.subnet", report)?.message).toContain("useExternalIp");
  });

  it("to read are named by the unreadable resource", async () => {
    scene.gce.deny({ project: "agents", permission: "compute.zones.get" });
    const report = await preflight();
    expect(failures(report.checks)).toEqual([["zone.state", "CLOUD_PERMISSION_DENIED"]]);
  });
});

describe("a service account", () => {
  it.each(["worker@agents.iam.gserviceaccount.com", "default"])("%s passes", async (one) => {
    expect(failures((await preflight({ target: { serviceAccount: one } })).checks)).toEqual([]);
  });

  it("that has no account's form is refused", async () => {
    const report = await preflight({ target: { serviceAccount: "worker@example.com" } });
    expect(failures(report.checks)).toEqual([["service-account", "SERVICE_ACCOUNT_NOT_FOUND"]]);
  });
});

describe("everything that is wrong", () => {
  it("is reported at once, and nothing is changed", async () => {
    scene.gce.deny({ project: "agents", permission: "compute.images.useReadOnly" });
    const report = await preflight({
      machineType: "t2a-standard-2",
      shape: { record: "r", vcpus: 8, memoryGb: 1, diskSizeGb: 2, diskType: "pd-imaginary" },
      target: { subnet: "nowhere", serviceAccount: "nobody@example.com" },
    });
    expect(failures(report.checks)).toEqual([
      ["machine-type.architecture", "ARCHITECTURE_MISMATCH"],
      ["machine-type.shape", "MACHINE_TYPE_MISMATCH"],
      ["volume.type", "DISK_TYPE_NOT_FOUND"],
      ["volume.size", "DISK_TOO_SMALL"],
      ["subnets.exist", "SUBNET_NOT_FOUND"],
      ["permission.image", "IMAGE_PERMISSION_DENIED"],
      ["service-account", "SERVICE_ACCOUNT_NOT_FOUND"],
    ]);
    const wrongType = report.checks.find(({ name }) => name === "machine-type.architecture");
    expect(wrongType?.remedy).toMatch(/correct machine-type r, which says amd64\.$/);
    const asked = scene.gce.requests.filter(
      ({ method, call }) => method !== "GET" && call?.endsWith("testIamPermissions") !== true,
    );
    expect(asked).toEqual([]);
  });

  it("is reported for a failed image as well, by the checks that need none", async () => {
    const report = await preflight({
      selfLink: `${IMAGES}/nowhere`,
      target: { subnet: "nowhere" },
    });
    expect(failures(report.checks)).toEqual([["subnets.exist", "SUBNET_NOT_FOUND"]]);
    expect(scene.calls()).not.toContain("images.testIamPermissions");
  });

  it("is one thing where there is no such project", async () => {
    scene.gce.removeProject("agents");
    const selfLink = "projects/others/global/images/family/debian-12";
    const report = await preflight({ selfLink });
    expect(failures(report.checks)).toEqual([["project.found", "PROJECT_NOT_FOUND"]]);
    expect(report.candidates.every(({ verdict }) => verdict === "rejected")).toBe(true);
  });

  it.each(["CONSUMER_INVALID", "RESOURCE_PROJECT_INVALID"])(
    "is one thing where Google says so by 403 %s",
    async (code) => {
      const { draft, facts } = await draftIn(scene);
      scene.gce.fault({ kind: "error", code, status: 403 });
      const report = await scene.adapter.preflight(draft, facts, signal);
      expect(failures(report.checks)).toEqual([["project.found", "PROJECT_NOT_FOUND"]]);
      const check = report.checks.find(({ name }) => name === "project.found");
      expect(check?.message).toMatch(new RegExp(`may not know of it: .*${code}$`));
    },
  );

  it.each([
    "SERVICE_DISABLED",
    "BILLING_DISABLED",
    "CONSUMER_SUSPENDED",
    "SECURITY_POLICY_VIOLATED",
  ])("is one thing where the project may not be used at all: 403 %s", async (code) => {
    const { draft, facts } = await draftIn(scene);
    scene.gce.fault({ kind: "error", code, status: 403 });
    const report = await scene.adapter.preflight(draft, facts, signal);
    expect(failures(report.checks)).toEqual([["cloud.credentials", "CLOUD_PERMISSION_DENIED"]]);
  });

  it("is reported once if Compute Engine cannot be reached", async () => {
    const gone = await startGce();
    const adapter = gceAdapter(gone);
    await gone.close();
    const image = await adapter.inspectImage(
      { substrate: "GCP", selfLink: `${IMAGES}/any` },
      { imageName: "agent-base", architecture: "amd64" },
      signal,
    );
    expect(failures(image.checks)).toEqual([["cloud.reachable", "CLOUD_UNAVAILABLE"]]);
    const report = await preflight({ adapter });
    expect(failures(report.checks)).toEqual([]);
    expect(report.checks.every(({ outcome }) => outcome === "skipped")).toBe(true);
    expect(report.candidates.every(({ verdict }) => verdict === "rejected")).toBe(true);
    await adapter.close();
  });

  it("is reported once if it stops replying between image and placement", async () => {
    const short = await startGce();
    const adapter = gceAdapter(short);
    await short.close();
    const { planId: _id, checks: _checks, settings: _settings, ...draft } = gcePlan();
    const report = await adapter.preflight(draft, {}, signal);
    expect(failures(report.checks)).toEqual([["cloud.reachable", "CLOUD_UNAVAILABLE"]]);
    await adapter.close();
  });
});
