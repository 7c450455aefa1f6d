import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/errors.ts";
import { failures, PROJECT } from "../support/gce-cli.ts";
import { printedError } from "../support/printed-error.ts";
import { openGceCommands } from "./support/gce-fields.ts";
import type { GceCommands } from "./support/gce-fields.ts";

const [A, B] = ["us-central1-a", "us-central1-b"] as const;
const OWNER = "capacity";
const TYPE = "n2-standard-2";

let commands: GceCommands;
beforeAll(async () => {
  commands = await openGceCommands();
  const { gce } = commands;
  gce.addReservation(PROJECT, { name: "held", zone: B, machineType: TYPE, count: 9 });
  gce.addReservation(OWNER, { name: "shared", zone: A, machineType: TYPE, count: 9 });
  gce.addReservation(PROJECT, { name: "other", zone: A, machineType: "n2-standard-4", count: 9 });
  const open = { name: "open", zone: A, machineType: TYPE, count: 9 };
  gce.addReservation(PROJECT, { ...open, specificReservationRequired: false });
  gce.addReservation(PROJECT, { ...open, name: "young", status: "CREATING" });
  for (const [zone, count] of [
    [A, 0],
    [B, 1],
  ] as const)
    gce.addReservation(PROJECT, { name: "twin", zone, machineType: TYPE, count });
  gce.addReservation(PROJECT, { name: "gone", zone: A, machineType: TYPE, count: 0 });
});
afterAll(async () => {
  await commands[Symbol.asyncDispose]();
});

async function inPlacement(placement: JsonObject): Promise<string> {
  return await commands.records({ placement, machineTypes: [TYPE] });
}

async function resolved(placement: JsonObject): Promise<unknown> {
  const ran = await commands.run(["resolve", await inPlacement(placement), "-o", "json"]);
  return JSON.parse(ran.stdout);
}

describe("reservation in a placement on Compute Engine", () => {
  it.each([
    ["held", { type: "SPECIFIC_RESERVATION", specific: "held" }],
    [
      `projects/${OWNER}/reservations/shared`,
      { type: "SPECIFIC_RESERVATION", specific: `projects/${OWNER}/reservations/shared` },
    ],
    ["any", { type: "ANY_RESERVATION", specific: null }],
    ["none", { type: "NO_RESERVATION", specific: null }],
  ])("%s is on the wire, in the plan with its source, and in describe", async (value, wire) => {
    const workspace = await inPlacement({ reservation: value });
    const id = `r-${value.replaceAll("/", "-")}`;
    await commands.json("spawn", workspace, "--id", id);
    expect(commands.instance(id)).toMatchObject({ reservation: wire });
    expect(await commands.json("describe", id)).toMatchObject({
      machine: { settings: { reservation: value } },
      plan: {
        sources: {
          "/target/reservation": `placement ${workspace} generation 1 target.gcp.reservation`,
        },
      },
    });
  });

  it("leaves only its own zone", async () => {
    expect(await resolved({ reservation: "held" })).toMatchObject({
      candidates: [
        { place: A, verdict: "rejected", reason: `${A} has no reservation held` },
        { place: B, verdict: "eligible" },
      ],
      checks: expect.arrayContaining([
        expect.objectContaining({
          name: "reservation.match",
          outcome: "passed",
          message: expect.stringMatching(/^reservation held in us-central1-b \(\d of 9 in use\); /),
        }),
      ]),
    });
  });

  it("leaves the machine types that it is for", async () => {
    const placement = { reservation: "other" };
    const workspace = await commands.records({
      placement,
      machineTypes: [TYPE, "n2-standard-4"],
    });
    expect(await commands.json("resolve", workspace)).toMatchObject({
      candidates: [
        {
          machine_type: TYPE,
          reason: `reservation other in ${A} is for n2-standard-4, not ${TYPE}`,
        },
        { machine_type: TYPE, verdict: "rejected" },
        { machine_type: "n2-standard-4", place: A, verdict: "eligible" },
        { machine_type: "n2-standard-4", place: B, verdict: "rejected" },
      ],
    });
  });

  it("leaves spot machines, which consume none", async () => {
    const placement = { market: "SPOT_THEN_ON_DEMAND", reservation: "other" };
    expect(await resolved(placement)).toMatchObject({
      candidates: [
        { market: "spot", verdict: "eligible" },
        { market: "spot", verdict: "eligible" },
        { market: "on-demand", verdict: "rejected" },
        { market: "on-demand", verdict: "rejected" },
      ],
      checks: expect.arrayContaining([
        expect.objectContaining({
          name: "reservation.match",
          outcome: "warning",
          reason: "RESERVATION_MISMATCH",
        }),
      ]),
    });
    await commands.run(["spawn", await inPlacement(placement), "--id", "spot"]);
    expect(commands.instance("spot")).toMatchObject({ reservation: { type: "NO_RESERVATION" } });
  });

  it("is used although the caller may not read it", async () => {
    const permission = "compute.reservations.get";
    commands.gce.deny({ project: OWNER, permission });
    const placement = { reservation: `projects/${OWNER}/reservations/shared`, zones: [A] };
    expect(await resolved(placement)).toMatchObject({
      candidates: [{ verdict: "eligible" }],
      checks: expect.arrayContaining([
        expect.objectContaining({
          name: "reservation.match",
          outcome: "warning",
          reason: "CLOUD_PERMISSION_DENIED",
          message: expect.stringContaining(permission),
        }),
      ]),
    });
  });
});

describe("the dry run refuses", () => {
  it.each([
    ["nowhere", "RESERVATION_NOT_FOUND", /us-central1-a has no reservation nowhere; us-central1-b/],
    ["other", "RESERVATION_MISMATCH", /is for n2-standard-4, not n2-standard-2/],
    ["open", "RESERVATION_MISMATCH", /can not be targeted as specificReservationRequired is not/],
    ["young", "RESERVATION_MISMATCH", /has status CREATING, .* requires it to be in READY state/],
  ])("reservation %s", async (reservation, reason, words) => {
    const workspace = await inPlacement({ reservation });
    const { exitCode, error } = await commands.refused(["resolve", workspace]);
    expect(exitCode).toBe(3);
    expect(failures(error)).toEqual({ "reservation.match": reason });
    expect(error.checks?.find(({ name }) => name === "reservation.match")).toMatchObject({
      message: expect.stringMatching(words),
    });
  });
});

describe("a full reservation", () => {
  it("is a warning, and the launch is refused with Compute Engine's words", async () => {
    const placement = { reservation: "gone" };
    expect(await resolved(placement)).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({ outcome: "warning", reason: "RESERVATION_FULL" }),
      ]),
    });
    const ran = await commands.run(["spawn", await inPlacement(placement), "-o", "json"]);
    expect(printedError(ran)).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "RESERVATION_FULL",
      blast_radius: "type-in-zone",
      message: expect.stringContaining(
        "Specified reservation 'gone' does not have available resources for the request.",
      ),
    });
  });

  it("leaves the reservation of the same name in another zone", async () => {
    const workspace = await inPlacement({ reservation: "twin" });
    await commands.run(["spawn", workspace, "--id", "twin"]);
    expect(await commands.json("describe", "twin")).toMatchObject({
      attempts: [
        { place: A, reason: "RESERVATION_FULL" },
        { place: B, outcome: "accepted" },
      ],
    });
  });
});
