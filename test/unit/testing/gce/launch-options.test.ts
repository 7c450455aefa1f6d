import { describe, expect, it } from "vitest";
import {
  PROJECT,
  ZONE,
  at,
  instanceBody,
  lastOf,
  names,
  properties,
  startChecked,
  verdict,
} from "./support/ask.ts";

const INSTANCES = `zones/${ZONE}/instances`;

describe("a spot machine", () => {
  const SPOT = { provisioningModel: "SPOT" };
  const PREEMPTIBLE = "Invalid value for field 'resource.scheduling.preemptible': 'true'. ";

  it.each([
    [
      { ...SPOT, automaticRestart: true },
      `${PREEMPTIBLE}Scheduling must have preemptible be false when AutomaticRestart is true.`,
    ],
    [
      { ...SPOT, onHostMaintenance: "MIGRATE" },
      `${PREEMPTIBLE}Scheduling must have preemptible be false when OnHostMaintenance isn't TERMINATE.`,
    ],
    [
      { provisioningModel: "STANDARD", preemptible: true },
      "Invalid value for field 'resource.scheduling.provisioningModel': 'STANDARD'. For preemptible, only allowed provisioning_model value is SPOT",
    ],
    [
      { instanceTerminationAction: "DELETE" },
      expect.stringContaining(
        "'DELETE'. You cannot specify a termination action for a VM instance that has the standard provisioning model (default).",
      ),
    ],
  ])("is refused with %j", async (scheduling, words) => {
    const { post } = await startChecked();
    const answer = await post(INSTANCES, instanceBody("one", { scheduling }));
    expect(verdict(answer)).toBe("400 invalid");
    expect(at(answer.body, "error", "message")).toEqual(words);
  });

  it("counts against the quota and the capacity of its market", async () => {
    const { post, gce, clock, get } = await startChecked();
    const create = async (name: string, scheduling: object, zone = ZONE) => {
      const body = { ...properties(zone, "n2-standard-2"), name, scheduling };
      const { body: begun } = await post(`zones/${zone}/instances`, body);
      await clock.advance(1000);
      const done = await get(`zones/${zone}/operations/${lastOf(at(begun, "name"))}`);
      return at(done.body, "error", "errors", 0, "code") ?? "made";
    };
    gce.setQuota({ project: PROJECT, region: "us-central1", metric: "CPUS", limit: 4 });
    expect(await create("general", SPOT)).toBe("made");
    gce.setQuota({ project: PROJECT, region: "us-central1", metric: "PREEMPTIBLE_CPUS", limit: 2 });
    expect(await create("over", SPOT)).toBe("QUOTA_EXCEEDED");
    expect(await create("one", {})).toBe("made");
    expect(await create("two", {})).toBe("made");
    expect(await create("three", {})).toBe("QUOTA_EXCEEDED");
    const full = { machineType: "n2-standard-2", zone: ZONE, machines: 0, market: "spot" } as const;
    gce.setCapacity(full);
    gce.setQuota({ project: PROJECT, region: "us-central1", metric: "CPUS", limit: 99 });
    gce.setQuota({
      project: PROJECT,
      region: "us-central1",
      metric: "PREEMPTIBLE_CPUS",
      limit: 99,
    });
    expect(await create("none", SPOT)).toBe("ZONE_RESOURCE_POOL_EXHAUSTED");
    expect(await create("elsewhere", SPOT, "us-central1-b")).toBe("made");
    expect(await create("demand", {})).toBe("made");
  });
});

describe("shielded and confidential options", () => {
  const FIELD = "Invalid value for field 'resource.";
  const TERMINATE = { onHostMaintenance: "TERMINATE" };
  const confidential = (confidentialInstanceType: string, scheduling: object = TERMINATE) => ({
    confidentialInstanceConfig: { confidentialInstanceType },
    scheduling,
  });
  const create = async (type: string, changes: object, guestOsFeatures: readonly string[]) => {
    const { post, gce } = await startChecked();
    gce.addImage(PROJECT, { name: "marked", guestOsFeatures });
    const body = { name: "one", ...properties(ZONE, type, "marked"), ...changes };
    const answer = await post(INSTANCES, body);
    return answer.status === 200 ? "made" : at(answer.body, "error", "message");
  };

  it.each([
    ["e2-small", { shieldedInstanceConfig: { enableSecureBoot: true } }, ["UEFI_COMPATIBLE"]],
    ["e2-small", { shieldedInstanceConfig: { enableVtpm: false } }, []],
    ["n2d-standard-2", confidential("SEV"), ["SEV_CAPABLE"]],
    ["n2d-standard-2", confidential("SEV", {}), ["SEV_CAPABLE", "SEV_LIVE_MIGRATABLE_V2"]],
    ["c3-standard-4", confidential("TDX"), ["TDX_CAPABLE"]],
  ] as const)(
    "on %s with %j and an image with %j are accepted",
    async (type, changes, features) => {
      expect(await create(type, changes, features)).toBe("made");
    },
  );

  it.each([
    [
      "e2-small",
      { shieldedInstanceConfig: { enableSecureBoot: true } },
      [],
      `${FIELD}shieldedInstanceConfig': '{"enableSecureBoot":true}'. Shielded VM Config can only be set when using a UEFI-compatible disk.`,
    ],
    [
      "e2-small",
      { shieldedInstanceConfig: { enableVtpm: false, enableIntegrityMonitoring: true } },
      ["UEFI_COMPATIBLE"],
      expect.stringContaining("Integrity monitoring can only be enabled with the vTPM."),
    ],
    [
      "n2d-standard-2",
      { confidentialInstanceConfig: { enableConfidentialCompute: true } },
      ["SEV_CAPABLE"],
      `${FIELD}confidentialInstanceConfig': '{"enableConfidentialCompute":true}'. Confidential Instance Config is only supported when using an SEV_LIVE_MIGRATABLE_V2 image.`,
    ],
    [
      "n2d-standard-2",
      confidential("SEV_SNP"),
      ["SEV_CAPABLE"],
      expect.stringContaining("only supported when using an SEV_SNP_CAPABLE image."),
    ],
    [
      "n2-standard-2",
      confidential("SEV"),
      ["SEV_CAPABLE"],
      expect.stringContaining("only supported for compatible machine types."),
    ],
    [
      "c3-standard-4",
      confidential("TDX", {}),
      ["TDX_CAPABLE"],
      expect.stringContaining("only supported when onHostMaintenance is TERMINATE."),
    ],
  ] as const)(
    "on %s with %j and an image with %j are refused",
    async (type, changes, features, words) => {
      expect(await create(type, changes, features)).toEqual(words);
    },
  );
});

describe("a specific reservation", () => {
  const held = { name: "held", zone: ZONE, machineType: "n2-standard-2", count: 1 };
  const consuming = (value: string, more: object = {}) => ({
    ...properties(ZONE, "n2-standard-2"),
    reservationAffinity: {
      consumeReservationType: "SPECIFIC_RESERVATION",
      key: "compute.googleapis.com/reservation-name",
      values: [value],
    },
    ...more,
  });

  it("takes as many machines as it has, although the zone has no room for others", async () => {
    const { post, get, gce, clock } = await startChecked();
    gce.addReservation("capacity", held);
    gce.setCapacity({ machineType: "n2-standard-2", zone: ZONE, machines: 0 });
    const create = async (name: string, properties: object) => {
      const { body } = await post(INSTANCES, { name, ...properties });
      await clock.advance(1000);
      const done = await get(`zones/${ZONE}/operations/${lastOf(at(body, "name"))}`);
      return at(done.body, "error", "errors", 0, "message") ?? "made";
    };
    const shared = "projects/capacity/reservations/held";
    expect(await create("one", consuming(shared))).toBe("made");
    expect(at((await get(`${INSTANCES}/one`)).body, "reservationAffinity", "values")).toEqual([
      shared,
    ]);
    expect(await create("two", consuming(shared))).toBe(
      `Specified reservation '${shared}' does not have available resources for the request.`,
    );
    gce.addReservation(PROJECT, { ...held, machineType: "n2-standard-4" });
    expect(await create("three", consuming("held"))).toBe(
      "No available resources in specified reservations 'held'",
    );
    expect(await create("four", properties(ZONE, "n2-standard-2"))).toContain(
      "does not have enough resources available",
    );
  });

  it("is shown with the machines that use it", async () => {
    const { post, get, gce, clock } = await startChecked();
    gce.addReservation(PROJECT, held);
    await post(INSTANCES, { name: "one", ...consuming("held") });
    await clock.advance(1000);
    const path = `zones/${ZONE}/reservations`;
    expect((await get(`${path}/held`)).body).toMatchObject({
      specificReservationRequired: true,
      status: "READY",
      specificReservation: {
        count: "1",
        inUseCount: "1",
        instanceProperties: { machineType: "n2-standard-2" },
      },
    });
    expect(names(await get(path))).toEqual(["held"]);
    expect(verdict(await get(`${path}/none`))).toBe("404 notFound");
  });

  it.each([
    ["none", {}, "412 conditionNotMet", "Specified reservations [none] do not exist."],
    [
      "open",
      {},
      "400 invalid",
      "Specified reservations [projects/agents/reservations/open] can not be targeted as specificReservationRequired is not set",
    ],
    [
      "young",
      {},
      "412 conditionNotMet",
      "Cannot insert instance to a reservation with status: CREATING, as it requires reservation to be in READY state.",
    ],
    ["held", { scheduling: { provisioningModel: "SPOT" } }, "400 invalid", "Spot VMs"],
  ])("%s with %j is refused: %s", async (name, more, wanted, words) => {
    const { post, gce } = await startChecked();
    gce.addReservation(PROJECT, held);
    gce.addReservation(PROJECT, { ...held, name: "open", specificReservationRequired: false });
    gce.addReservation(PROJECT, { ...held, name: "young", status: "CREATING" });
    const answer = await post(INSTANCES, { name: "one", ...consuming(name, more) });
    expect(verdict(answer)).toBe(wanted);
    expect(at(answer.body, "error", "message")).toContain(words);
  });
});
