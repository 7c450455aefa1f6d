import { expect, it } from "vitest";
import type { JsonObject } from "../../../../src/errors.ts";
import type { Ec2Region } from "../../../../testing/ec2/index.ts";
import { fieldOf } from "../../../support/engine-client.ts";
import type { Ec2Commands, Ec2Fields } from "./ec2-fields.ts";

const SLOW = { timeout: 60_000 };

/** One field: what the record says, what EC2 is sent, and what `describe` reads back of the machine. */
interface Applied {
  readonly placement: JsonObject;
  readonly wire: Readonly<Record<string, string>>;
  readonly described: JsonObject;
  /** The plan's settings. Default: the placement's fields. */
  readonly settings?: JsonObject;
}

/** A refusal: the failed check's name, its reason, and some of the message's words. */
type Finding = readonly [check: string, reason: string, words: string | RegExp];

interface RefusedPlan {
  readonly fields: Ec2Fields;
  readonly finding: Finding;
}

/** What only the launch can know, or what has changed since the plan was saved. */
interface RefusedLaunch {
  readonly fields: Ec2Fields;
  /** The change after the plan was saved. */
  readonly change?: () => void;
  readonly error: JsonObject;
}

type Cases<Case> = Readonly<Record<string, (region: Ec2Region) => Case>>;

/** The cases of fields of a placement on EC2. */
export interface Ec2FieldTables {
  /** By field. */
  readonly APPLIED: Cases<Applied>;
  /** What a dry run finds. */
  readonly REFUSED: Cases<RefusedPlan>;
  readonly REFUSED_AT_LAUNCH: Cases<RefusedLaunch>;
  /** Placements that `set` refuses, and the message after `target.aws.`. */
  readonly REJECTED: readonly (readonly [placement: JsonObject, message: string])[];
}

export function testEc2Fields(commands: () => Ec2Commands, tables: Ec2FieldTables): void {
  it.each(Object.entries(tables.APPLIED))(
    "%s reaches EC2, and describe reads it back",
    SLOW,
    async (field, make) => {
      const { placement, wire, described, settings = placement } = make(commands().region);
      const workspace = await commands().records({ placement });
      await commands().json("spawn", workspace, "--id", workspace);
      expect(commands().sent("dry run")).toMatchObject(wire);
      expect(commands().sent("launch")).toMatchObject(wire);
      const spawn = await commands().json("describe", workspace);
      expect(spawn).toMatchObject({
        state: "running",
        machine: { settings: described },
        plan: { target: placement, settings: { instance: settings } },
      });
      const source = `placement ${workspace} generation 1 target.aws.${field}`;
      for (const pointer of [`/target/${field}`, `/settings/instance/${field}`])
        expect(fieldOf(spawn, "plan", "sources", pointer)).toBe(source);
    },
  );

  it.each(Object.entries(tables.REFUSED))("%s: the dry run finds it", SLOW, async (_name, make) => {
    const { fields, finding } = make(commands().region);
    const [name, reason, words] = finding;
    const { checks } = await commands().refused("resolve", await commands().records(fields));
    expect(checks?.filter(({ outcome }) => outcome === "failed")).toEqual([
      expect.objectContaining({ name, reason, message: expect.stringMatching(words) }),
    ]);
  });

  it.each(Object.entries(tables.REFUSED_AT_LAUNCH))(
    "%s: the launch's refusal has EC2's words",
    SLOW,
    async (_name, make) => {
      const { fields, change, error } = make(commands().region);
      const workspace = await commands().records(fields);
      const plan = commands().file();
      await commands().json("resolve", workspace, "--save", plan);
      change?.();
      expect(await commands().refused("spawn", "--plan", plan)).toMatchObject(error);
    },
  );

  it.each(tables.REJECTED)("set refuses %j", async (aws, message) => {
    const { exitCode, stderr } = await commands().placement("rejected", aws);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`target.aws.${message}`);
  });
}
