import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/errors.ts";
import { PROJECT } from "../support/gce-cli.ts";
import { openGceCommands } from "./support/gce-fields.ts";
import type { GceCommands, GceFields } from "./support/gce-fields.ts";

let commands: GceCommands;
beforeAll(async () => {
  commands = await openGceCommands();
});
afterAll(async () => {
  await commands[Symbol.asyncDispose]();
});

/** One field: what the record says, what Compute Engine has, and what `describe` prints of it. */
interface Applied {
  readonly fields: GceFields;
  /** Of the instance. */
  readonly wire: JsonObject;
  readonly described: JsonObject;
  /** JSON pointer into the plan, and the record and field that are its source. */
  readonly source: readonly [string, RegExp];
}

const APPLIED: Readonly<Record<string, Applied>> = {
  market: {
    fields: { placement: { market: "SPOT" } },
    wire: {
      scheduling: {
        provisioningModel: "SPOT",
        onHostMaintenance: "TERMINATE",
        automaticRestart: false,
        instanceTerminationAction: "STOP",
      },
    },
    described: { market: "SPOT", termination_action: "STOP" },
    source: ["/target/market", /^placement w-\S+ generation 1 target\.gcp\.market$/],
  },
  termination_action: {
    fields: { placement: { market: "SPOT", termination_action: "DELETE" } },
    wire: { scheduling: { provisioningModel: "SPOT", instanceTerminationAction: "DELETE" } },
    described: { market: "SPOT", termination_action: "DELETE" },
    source: ["/target/termination_action", /target\.gcp\.termination_action$/],
  },
};

describe("a field of a placement on Compute Engine", () => {
  it.each(Object.entries(APPLIED))(
    "%s is on the wire, in the plan with its source, and in describe",
    async (name, { fields, wire, described, source: [pointer, source] }) => {
      const workspace = await commands.records(fields);
      const id = `applied-${name.replaceAll("_", "-")}`;
      await commands.json("spawn", workspace, "--id", id);
      expect(commands.instance(id)).toMatchObject(wire);
      expect(await commands.json("describe", id)).toMatchObject({
        machine: { settings: described },
        plan: { sources: { [pointer]: expect.stringMatching(source) } },
      });
    },
  );

  it("is absent from the plan and from the wire without it", async () => {
    const workspace = await commands.records({});
    const plan = await commands.json("resolve", workspace);
    const fields = Object.values(APPLIED).map(({ source: [pointer] }) => pointer.split("/")[2]);
    expect(Object.keys(Object(plan)["target"])).not.toEqual(
      expect.arrayContaining([expect.toBeOneOf(fields)]),
    );
  });
});

const SPOT_FIRST = { market: "SPOT_THEN_ON_DEMAND" } as const;
const ON_DEMAND = { scheduling: { provisioningModel: "STANDARD" } };

describe("a placement that prefers the spot market", () => {
  it("launches on demand in the first zone once every zone's spot machines are out of stock", async () => {
    for (const zone of ["us-central1-a", "us-central1-b"])
      commands.gce.setCapacity({ machineType: "n2-standard-4", zone, market: "spot", machines: 0 });
    expect(await spawned("stock", ["n2-standard-4"])).toMatchObject({
      attempts: [
        { place: "us-central1-a", reason: "INSUFFICIENT_CAPACITY" },
        { place: "us-central1-b", reason: "INSUFFICIENT_CAPACITY" },
        { place: "us-central1-a", outcome: "accepted" },
      ],
      events: expect.arrayContaining([
        said(/does not have enough resources.*; launching in us-central1-b on the spot market$/),
        said(/does not have enough resources.*; launching in us-central1-a on demand$/),
      ]),
    });
    expect(commands.instance("stock")).toMatchObject(ON_DEMAND);
  });

  it("remembers which market was out of stock", async () => {
    expect(await spawned("later", ["n2-standard-4"])).toMatchObject({
      attempts: [{ place: "us-central1-a", outcome: "accepted" }],
    });
    expect(commands.instance("later")).toMatchObject(ON_DEMAND);
  });

  it("tries no other zone if the quota of spot machines is used up", async () => {
    const region = "us-central1";
    commands.gce.setQuota({ project: PROJECT, region, metric: "PREEMPTIBLE_CPUS", limit: 1 });
    expect(await spawned("quota", ["n2d-standard-2"])).toMatchObject({
      attempts: [
        { place: "us-central1-a", reason: "QUOTA_EXCEEDED" },
        { place: "us-central1-a", outcome: "accepted" },
      ],
      events: expect.arrayContaining([
        said(
          /Quota 'PREEMPTIBLE_CPUS' exceeded. Limit: 1.0 .*; launching in us-central1-a on demand$/,
        ),
      ]),
    });
    expect(commands.instance("quota")).toMatchObject(ON_DEMAND);
  });
});

async function spawned(id: string, machineTypes: readonly string[]): Promise<unknown> {
  const workspace = await commands.records({ placement: SPOT_FIRST, machineTypes });
  // The refusals before the launch are warnings.
  await commands.run(["spawn", workspace, "--id", id]);
  return await commands.json("describe", id);
}

function said(words: RegExp): unknown {
  return expect.objectContaining({ message: expect.stringMatching(words) });
}
