import { describe, expect, it } from "vitest";
import {
  bulkInsertRequest,
  insertRequest,
  memberNames,
} from "../../../../../adapters/gce/launch/launch-request.ts";
import { instanceName } from "../../../../../adapters/gce/launch/names.ts";
import { fakePlan } from "../../../../support/launch.ts";
import {
  candidate,
  GCE_IMAGE,
  gceLaunch,
  gcePlan,
  gcpTarget,
} from "../../../../support/gce-launches.ts";

const SUBNETWORK = "projects/hosts/regions/us-central1/subnetworks/agents";
const SETTINGS = { instance: { diskSizeGb: 25, diskType: "pd-ssd", subnetwork: SUBNETWORK } };
const BARE = { instance: { diskSizeGb: null, diskType: null, subnetwork: SUBNETWORK } };

const FIXED = { onHostMaintenance: "TERMINATE", nicType: "IDPF" } as const;

describe("a machine that cannot migrate", () => {
  const plan = gcePlan({ settings: { instance: { ...BARE.instance, ...FIXED } } });
  const launch = gceLaunch("spawn-1", { plan });
  const wanted = {
    scheduling: { onHostMaintenance: "TERMINATE" },
    networkInterfaces: [{ subnetwork: SUBNETWORK, nicType: "IDPF" }],
  };

  it("is launched with what its plan says, alone or with others", () => {
    expect(insertRequest(launch, "one")).toMatchObject(wanted);
    expect(bulkInsertRequest(launch, ["one", "two"]).instanceProperties).toMatchObject(wanted);
  });

  it("is the only one whose maintenance is set", () => {
    const other = gceLaunch("spawn-1", { plan: gcePlan({ settings: BARE }) });
    expect(insertRequest(other, "one")).not.toHaveProperty("scheduling");
  });
});

describe("a spot machine", () => {
  const spot = (change: Parameters<typeof gcpTarget>[0]) => {
    const target = gcpTarget({ market: "SPOT", ...change });
    const place = { ...candidate("us-central1-a"), market: "spot" } as const;
    return gceLaunch("spawn-1", { plan: gcePlan({ target, settings: BARE }), place });
  };
  const scheduling = {
    provisioningModel: "SPOT",
    onHostMaintenance: "TERMINATE",
    automaticRestart: false,
  };

  it("neither migrates nor restarts, alone or with others", () => {
    const launch = spot({});
    expect(insertRequest(launch, "one").scheduling).toEqual(scheduling);
    const { instanceProperties } = bulkInsertRequest(launch, ["one", "two"]);
    expect(instanceProperties?.scheduling).toEqual(scheduling);
  });

  it("has no maintenance or restart of machines on demand", () => {
    const launch = spot({ market: "SPOT_THEN_ON_DEMAND", automaticRestart: true });
    const settings = { instance: { ...BARE.instance, onHostMaintenance: "MIGRATE" } };
    const plan = gcePlan({ target: gcpTarget(), settings });
    expect(insertRequest({ ...launch, plan }, "one").scheduling).toEqual(scheduling);
  });

  it("ends as its placement says", () => {
    expect(insertRequest(spot({ terminationAction: "DELETE" }), "one").scheduling).toEqual({
      ...scheduling,
      instanceTerminationAction: "DELETE",
    });
  });

  it("is different from a machine of the same plan on demand", () => {
    const target = gcpTarget({ market: "SPOT_THEN_ON_DEMAND", terminationAction: "DELETE" });
    const place = { ...candidate("us-central1-a"), market: "on-demand" } as const;
    const launch = gceLaunch("a", { plan: gcePlan({ target, settings: BARE }), place });
    expect(insertRequest(launch, "one")).not.toHaveProperty("scheduling");
  });
});

describe("a machine on demand", () => {
  it("restarts as its placement says", () => {
    const target = gcpTarget({ automaticRestart: false });
    const launch = gceLaunch("a", { plan: gcePlan({ target, settings: BARE }) });
    expect(insertRequest(launch, "one").scheduling).toEqual({ automaticRestart: false });
  });

  it("has the security options of its placement, each with its default", () => {
    const target = gcpTarget({ shielded: { secureBoot: true }, confidential: { type: "TDX" } });
    const launch = gceLaunch("a", { plan: gcePlan({ target, settings: BARE }) });
    expect(insertRequest(launch, "one")).toMatchObject({
      shieldedInstanceConfig: {
        enableSecureBoot: true,
        enableVtpm: true,
        enableIntegrityMonitoring: true,
      },
      confidentialInstanceConfig: { confidentialInstanceType: "TDX" },
    });
  });
});

describe("insertRequest", () => {
  it("sends this body for a workspace that asks for everything", () => {
    const target = gcpTarget({
      assignPublicIp: true,
      serviceAccount: "agents@agents.iam.gserviceaccount.com",
      labels: { team: "red" },
    });
    const plan = gcePlan({
      target,
      settings: SETTINGS,
      architecture: "arm64",
      machineType: "c4a-standard-2",
    });
    const launch = gceLaunch("spawn-1", { plan });
    const labels = {
      team: "red",
      "slipway-owner": "ledger-1",
      "slipway-tenant": "acme",
      "slipway-workspace": "agent-dev",
      "slipway-launch": launch.ownership.launchId,
      "slipway-plan": plan.planId.slice("sha256:".length, -1),
      "slipway-spawn": "spawn-1",
    };
    expect(insertRequest(launch, "spawn-1-0123456789abcdef")).toEqual({
      name: "spawn-1-0123456789abcdef",
      machineType: "zones/us-central1-a/machineTypes/c4a-standard-2",
      labels,
      metadata: {
        items: [
          { key: "user-data", value: "#cloud-config\n" },
          { key: "slipway-artifact", value: GCE_IMAGE },
          { key: "slipway-architecture", value: "arm64" },
        ],
      },
      disks: [
        {
          boot: true,
          autoDelete: true,
          initializeParams: {
            sourceImage: GCE_IMAGE,
            labels,
            diskSizeGb: "25",
            diskType: "zones/us-central1-a/diskTypes/pd-ssd",
          },
        },
      ],
      networkInterfaces: [
        {
          subnetwork: SUBNETWORK,
          accessConfigs: [{ type: "ONE_TO_ONE_NAT", name: "External NAT" }],
        },
      ],
      serviceAccounts: [
        {
          email: "agents@agents.iam.gserviceaccount.com",
          scopes: ["https://www.googleapis.com/auth/cloud-platform"],
        },
      ],
    });
  });

  it("leaves to Compute Engine what not tested for", () => {
    const launch = gceLaunch("spawn-1", { plan: gcePlan({ settings: BARE }) });
    const silent = { ...launch, userData: "" };
    const body = insertRequest(silent, "spawn-1-0123456789abcdef");
    expect(Object.keys(body).toSorted()).toEqual(
      ["disks", "labels", "machineType", "metadata", "name", "networkInterfaces"].toSorted(),
    );
    expect(body.networkInterfaces).toEqual([{ subnetwork: SUBNETWORK }]);
    expect(Object.keys(body.disks?.[0]?.initializeParams ?? {})).toEqual(["sourceImage", "labels"]);
    expect(body.metadata?.items?.map(({ key }) => key)).not.toContain("user-data");
  });

  it("is the same text for the same launch: an id that comes with another one is refused", () => {
    const text = () =>
      JSON.stringify(insertRequest(gceLaunch("a", { plan: gcePlan({ settings: BARE }) }), "a"));
    expect(text()).toBe(text());
  });

  it.each([
    ["INVALID_PLAN", gcePlan({ settings: {} })],
    ["INVALID_PLAN", gcePlan({ settings: { instance: { ...BARE.instance, more: 1 } } })],
    ["SUBSTRATE_MISMATCH", fakePlan()],
    [
      "PLAN_UNPINNED",
      gcePlan({
        settings: BARE,
        artifact: { id: GCE_IMAGE, requested: GCE_IMAGE, pinned: false },
      }),
    ],
  ])("refuses with %s what cannot be launched", (reason, plan) => {
    expect(() => insertRequest(gceLaunch("spawn-1", { plan }), "a")).toThrow(
      expect.objectContaining({ reason }),
    );
  });
});

describe("bulkInsertRequest", () => {
  const spawnIds = ["b-0", "b-1", "b-2"];
  const launch = gceLaunch("batch", { plan: gcePlan({ settings: SETTINGS }), spawnIds });

  it("names each member, and makes as many as there is room for", () => {
    const names = memberNames(launch);
    expect(names).toEqual(spawnIds.map((spawnId) => instanceName(launch.token, spawnId)));
    const body = bulkInsertRequest(launch, names);
    expect(body).toMatchObject({ count: "3", minCount: "1" });
    expect(body.perInstanceProperties).toEqual(Object.fromEntries(names.map((name) => [name, {}])));
  });

  it("has the properties of an insert, with bare names where that has links", () => {
    const { name: _name, ...insert } = insertRequest(launch, "a");
    const { instanceProperties } = bulkInsertRequest(launch, memberNames(launch));
    const [disk] = insert.disks ?? [];
    expect(instanceProperties).toEqual({
      ...insert,
      machineType: "e2-standard-2",
      disks: [{ ...disk, initializeParams: { ...disk?.initializeParams, diskType: "pd-ssd" } }],
    });
    expect(JSON.stringify(instanceProperties)).not.toContain("slipway-spawn");
  });
});
