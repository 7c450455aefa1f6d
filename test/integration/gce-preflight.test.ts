import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  checkNamed,
  draftIn,
  failures,
  IMAGES,
  preflightIn,
  SUBNET,
  verdicts,
} from "../support/gce-preflight.ts";
import type { PreflightParameters } from "../support/gce-preflight.ts";
import { gceScene } from "../support/gce-scene.ts";
import type { GceScene } from "../support/gce-scene.ts";

const { signal } = new AbortController();

let scene: GceScene;
beforeEach(async () => {
  scene = await gceScene();
});
afterEach(() => scene[Symbol.asyncDispose]());

const preflight = (question: PreflightParameters = {}) => preflightIn(scene, question);

const IN_TWO_ZONES = [
  "diskTypes.get",
  "diskTypes.get",
  "images.testIamPermissions",
  "machineTypes.get",
  "machineTypes.get",
  "subnetworks.get",
  "subnetworks.testIamPermissions",
  "zones.get",
  "zones.get",
];

describe("a placement on Compute Engine", () => {
  it("that can be launched in passes, with what the launch needs", async () => {
    const shape = { record: "small", vcpus: 2, memoryGb: 2, diskSizeGb: 30, diskType: "pd-ssd" };
    const report = await preflight({ shape });
    expect(failures(report.checks)).toEqual([]);
    expect(report.checks.filter(({ outcome }) => outcome === "warning")).toEqual([]);
    expect(verdicts(report.candidates)).toEqual([
      ["us-central1-a", "eligible", null],
      ["us-central1-b", "eligible", null],
    ]);
    expect(report.machineType).toBe("e2-small");
    expect(report.settings).toEqual({
      instance: { diskSizeGb: 30, diskType: "pd-ssd", subnetwork: SUBNET },
    });
    expect(scene.calls().toSorted()).toEqual(IN_TWO_ZONES);
  });

  it("is read at once, and what its zones offer is not read again for some minutes", async () => {
    const shape = { diskType: "pd-ssd" };
    await preflight({ shape });
    await preflight({ shape });
    expect(scene.calls().toSorted()).toEqual(
      IN_TWO_ZONES.filter((call) => !/^(?:machine|disk)Types/.test(call)),
    );
  });

  it("is read once for two who ask at the same time", async () => {
    const { draft, facts } = await draftIn(scene, { shape: { diskType: "pd-ssd" } });
    scene.calls();
    const ask = () => scene.adapter.preflight(draft, facts, signal);
    const [one, other] = await Promise.all([ask(), ask()]);
    expect(one).toEqual(other);
    expect(scene.calls().toSorted()).toEqual(IN_TWO_ZONES);
  });

  it.each(["e2-small", "n2-standard-2"])("boots amd64 on %s", async (machineType) => {
    expect(failures((await preflight({ machineType })).checks)).toEqual([]);
  });

  it.each(["t2a-standard-2", "c4a-standard-2"])("boots arm64 on %s", async (machineType) => {
    const selfLink = `${IMAGES}/family/debian-12-arm64`;
    const report = await preflight({ selfLink, machineType, architecture: "arm64" });
    expect(failures(report.checks)).toEqual([]);
  });

  it.each([
    ["amd64", "t2a-standard-2", "debian-12"],
    ["arm64", "e2-small", "debian-12-arm64"],
  ] as const)("refuses an image for %s on %s", async (architecture, machineType, family) => {
    const selfLink = `${IMAGES}/family/${family}`;
    const report = await preflight({ selfLink, machineType, architecture });
    expect(failures(report.checks)).toEqual([
      ["machine-type.architecture", "ARCHITECTURE_MISMATCH"],
    ]);
  });

  it.each([
    ["amd64", "e2-standard-2", "debian-12"],
    ["arm64", "c4a-standard-2", "debian-12-arm64"],
  ] as const)("gives %s without an environment %s", async (architecture, chosen, family) => {
    const selfLink = `${IMAGES}/family/${family}`;
    const report = await preflight({ selfLink, architecture, machineType: "default" });
    expect(failures(report.checks)).toEqual([]);
    expect(report.machineType).toBe(chosen);
    expect(report.sources["/machine_type"]).toContain("machineTypes.list");
  });
});

describe("a zone of the placement", () => {
  it("without the machine type is a rejected candidate", async () => {
    const selfLink = `${IMAGES}/family/debian-12-arm64`;
    const report = await preflight({
      selfLink,
      architecture: "arm64",
      machineType: "t2a-standard-1",
      target: { zones: ["us-central1-c", "us-central1-a"] },
    });
    expect(failures(report.checks)).toEqual([]);
    expect(verdicts(report.candidates)).toEqual([
      ["us-central1-c", "rejected", "us-central1-c has no machine type t2a-standard-1"],
      ["us-central1-a", "eligible", null],
    ]);
  });

  it("that there is not is a rejected candidate and a warning", async () => {
    const report = await preflight({ target: { zones: ["us-central1-z", "us-central1-a"] } });
    expect(failures(report.checks)).toEqual([]);
    expect(verdicts(report.candidates)).toEqual([
      [
        "us-central1-z",
        "rejected",
        expect.stringMatching(/^there is no zone us-central1-z \(.+ was not found\)$/),
      ],
      ["us-central1-a", "eligible", null],
    ]);
    expect(checkNamed("zone.state", report)).toMatchObject({
      outcome: "warning",
      reason: "PLACE_NOT_FOUND",
    });
  });

  it("is refused where it is the only one", async () => {
    const report = await preflight({ target: { zones: ["us-central1-z"] } });
    expect(failures(report.checks)).toEqual([["zone.state", "PLACE_NOT_FOUND"]]);
  });

  it("that is down is passed over, and refused where there is no other", async () => {
    scene.gce.takeDown("us-central1-a");
    expect(verdicts((await preflight()).candidates)).toEqual([
      ["us-central1-a", "rejected", "zone us-central1-a is down"],
      ["us-central1-b", "eligible", null],
    ]);
    const alone = await preflight({ target: { zones: ["us-central1-a"] } });
    expect(failures(alone.checks)).toEqual([["zone.state", "PLACE_UNAVAILABLE"]]);
  });

  it("that is closed to the project is a rejected candidate, and a warning with Google's words", async () => {
    scene.gce.closeZone({ project: "agents", zone: "us-central1-a" });
    const report = await preflight({ machineType: "default", shape: { diskType: "pd-ssd" } });
    expect(failures(report.checks)).toEqual([]);
    expect(report.candidates.map(({ verdict }) => verdict)).toEqual(["rejected", "eligible"]);
    expect(checkNamed("zone.state", report)).toMatchObject({
      outcome: "warning",
      reason: "PLACE_UNAVAILABLE",
      message: expect.stringContaining("Permission denied on 'locations/us-central1-a'"),
    });
    const alone = await preflight({ target: { zones: ["us-central1-a"] } });
    expect(failures(alone.checks)).toEqual([["zone.state", "PLACE_UNAVAILABLE"]]);
  });

  it.each([
    ["forbidden", 403, "CLOUD_PERMISSION_DENIED"],
    ["backendError", 503, "CLOUD_UNAVAILABLE"],
    ["neverHeardOf", 418, "CLOUD_REQUEST_REFUSED"],
  ])("that answers %s is a rejected candidate and a warning", async (code, status, reason) => {
    scene.gce.fault({ kind: "error", zone: "us-central1-a", code, status });
    const report = await preflight();
    expect(failures(report.checks)).toEqual([]);
    expect(report.candidates.map(({ verdict }) => verdict)).toEqual(["rejected", "eligible"]);
    expect(checkNamed("zone.state", report)).toMatchObject({ outcome: "warning", reason });
  });

  it.each([
    ["machineTypes.get", "machine-type.offered"],
    ["diskTypes.get", "volume.type"],
  ])("whose %s fails is a rejected candidate and a warning", async (action, check) => {
    const zone = "us-central1-a";
    scene.gce.fault({ kind: "error", zone, action, code: "backendError", status: 503 });
    const report = await preflight({ shape: { diskType: "pd-ssd" } });
    expect(failures(report.checks)).toEqual([]);
    expect(report.candidates.map(({ verdict }) => verdict)).toEqual(["rejected", "eligible"]);
    expect(checkNamed(check, report)).toMatchObject({
      outcome: "warning",
      reason: "CLOUD_UNAVAILABLE",
    });
  });

  it.each([
    ["rateLimitExceeded", 403, "cloud.reachable", "CLOUD_RATE_LIMITED"],
    ["authError", 401, "cloud.credentials", "CLOUD_UNAUTHENTICATED"],
    ["SERVICE_DISABLED", 403, "cloud.credentials", "CLOUD_PERMISSION_DENIED"],
  ])(
    "is not to blame for %s, which is about the caller or the project",
    async (code, status, check, reason) => {
      scene.gce.fault({ kind: "error", action: "zones.get", zone: "us-central1-a", code, status });
      expect(failures((await preflight()).checks)).toEqual([[check, reason]]);
    },
  );

  it("is refused as Google says where none can be read", async () => {
    scene.gce.fault({ kind: "error", action: "zones.get", code: "forbidden", status: 403 });
    expect(failures((await preflight()).checks)).toEqual([
      ["zone.state", "CLOUD_PERMISSION_DENIED"],
    ]);
  });

  it("that there is not does not hide the other findings of the round", async () => {
    const report = await preflight({
      machineType: "e9-mega-1",
      target: { zones: ["us-central1-z"], subnet: "nowhere" },
    });
    expect(failures(report.checks)).toEqual([
      ["zone.state", "PLACE_NOT_FOUND"],
      ["machine-type.offered", "MACHINE_TYPE_NOT_FOUND"],
      ["subnets.exist", "SUBNET_NOT_FOUND"],
    ]);
  });

  it("of another region than the others is refused", async () => {
    const report = await preflight({ target: { zones: ["us-central1-a", "us-east1-b"] } });
    expect(failures(report.checks)).toEqual([["zone.region", "REGION_MISMATCH"]]);
  });

  it("may fall for a reason of its own each", async () => {
    scene.gce.takeDown("us-central1-a");
    const selfLink = `${IMAGES}/family/debian-12-arm64`;
    const report = await preflight({
      selfLink,
      architecture: "arm64",
      machineType: "t2a-standard-1",
      target: { zones: ["us-central1-a", "us-central1-c"] },
    });
    expect(failures(report.checks)).toEqual([["place.available", "PLACE_UNAVAILABLE"]]);
  });
});

describe("a machine type that cannot migrate", () => {
  it.each(["g2-standard-4", "h4d-standard-192", "z3-highmem-88-highlssd"])(
    "is planned with TERMINATE: %s",
    async (machineType) => {
      const report = await preflight({ machineType });
      expect(failures(report.checks)).toEqual([]);
      expect(report.settings["instance"]).toMatchObject({ onHostMaintenance: "TERMINATE" });
      expect(checkNamed("machine-type.maintenance", report)?.outcome).toBe("passed");
      expect(report.sources["/settings/instance/on_host_maintenance"]).toContain(machineType);
    },
  );

  it("because it is bare metal has its own network card, and an image with the driver", async () => {
    const machineType = "c3-standard-192-metal";
    const refused = await preflight({ machineType });
    expect(failures(refused.checks)).toEqual([["machine-type.image", "IMAGE_UNSUPPORTED"]]);
    const report = await preflight({ machineType, selfLink: `${IMAGES}/family/debian-12` });
    expect(failures(report.checks)).toEqual([]);
    expect(report.settings["instance"]).toMatchObject({
      nicType: "IDPF",
      onHostMaintenance: "TERMINATE",
    });
  });
});

describe("an image that is not marked for gVNIC", () => {
  it.each([
    ["n4-standard-2", "warning"],
    ["n2-standard-2", undefined],
  ])("on %s is a %s", async (machineType, outcome) => {
    const report = await preflight({ machineType });
    expect(failures(report.checks)).toEqual([]);
    expect(checkNamed("machine-type.image", report)?.outcome).toBe(outcome);
    const marked = await preflight({ machineType, selfLink: `${IMAGES}/family/debian-12` });
    expect(checkNamed("machine-type.image", marked)?.outcome).not.toBe("warning");
  });
});

describe("a boot disk's type", () => {
  it.each([
    ["n4-standard-2", "pd-balanced"],
    ["c4-standard-4", "pd-ssd"],
    ["c3-standard-4", "pd-standard"],
    ["n2-standard-2", "hyperdisk-throughput"],
  ])("is refused where %s does not boot from %s", async (machineType, diskType) => {
    const report = await preflight({ machineType, shape: { diskType } });
    expect(failures(report.checks)).toEqual([["volume.machine-type", "DISK_TYPE_UNSUPPORTED"]]);
  });

  it("is doubted where a machine type is not documented to boot from it", async () => {
    const report = await preflight({ shape: { diskType: "hyperdisk-balanced" } });
    expect(failures(report.checks)).toEqual([]);
    expect(checkNamed("volume.machine-type", report)?.outcome).toBe("warning");
  });

  it.each([
    ["n4-standard-2", "hyperdisk-balanced"],
    ["c3-standard-4", "pd-balanced"],
    ["n2-standard-2", null],
  ])("is, where none is named, for %s %s", async (machineType, diskType) => {
    const report = await preflight({ machineType });
    expect(failures(report.checks)).toEqual([]);
    expect(report.settings["instance"]).toMatchObject({ diskType });
  });
});

describe("a machine type", () => {
  it("that the placement's zones do not have is reported with the zones that have it", async () => {
    const report = await preflight({
      selfLink: `${IMAGES}/family/debian-12-arm64`,
      architecture: "arm64",
      machineType: "t2a-standard-1",
      target: { zones: ["us-central1-c"] },
    });
    expect(failures(report.checks)).toEqual([["machine-type.offered", "MACHINE_TYPE_NOT_OFFERED"]]);
    expect(checkNamed("machine-type.offered", report)?.message).toContain("us-central1-f");
  });

  it("that no zone has is not found", async () => {
    const report = await preflight({ machineType: "e9-mega-1" });
    expect(failures(report.checks)).toEqual([["machine-type.offered", "MACHINE_TYPE_NOT_FOUND"]]);
    expect(scene.calls()).toContain("machineTypes.aggregatedList");
  });

  it.each([
    [true, []],
    ["OBSOLETE", [["machine-type.deprecation", "MACHINE_TYPE_NOT_OFFERED"]]],
    ["DELETED", [["machine-type.deprecation", "MACHINE_TYPE_NOT_OFFERED"]]],
  ] as const)(
    "that is deprecated (%s) is refused only if no machine can be made of it",
    async (deprecated, wanted) => {
      const old = { name: "old-1", guestCpus: 1, memoryMb: 1024, architecture: "X86_64" } as const;
      await using gone = await gceScene({ machineTypes: [{ ...old, deprecated }] });
      const report = await preflightIn(gone, { machineType: "old-1" });
      expect(failures(report.checks)).toEqual(wanted);
      expect(checkNamed("machine-type.deprecation", report)?.outcome).not.toBe("passed");
    },
  );

  it.each(["n2-custom-4-8192", "custom-2-4096"])("may be a custom one: %s", async (machineType) => {
    expect(failures((await preflight({ machineType })).checks)).toEqual([]);
  });

  it.each(["n2-custom-3-8192", "z9-custom-2-4096", "n2-custom-2-4000"])(
    "may be a custom one that there is not: %s",
    async (machineType) => {
      const report = await preflight({ machineType });
      expect(failures(report.checks)).toEqual([["machine-type.offered", "MACHINE_TYPE_NOT_FOUND"]]);
    },
  );

  it("is held to what its record says", async () => {
    const shape = { record: "small", vcpus: 4, memoryGb: 2 };
    const report = await preflight({ shape });
    expect(failures(report.checks)).toEqual([["machine-type.shape", "MACHINE_TYPE_MISMATCH"]]);
    expect(checkNamed("machine-type.shape", report)?.message).toContain("2 vCPUs and 2 GiB");
  });
});
