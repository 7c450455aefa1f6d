import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/errors.ts";
import type { Ec2Region } from "../../../testing/ec2/index.ts";
import { fieldOf } from "../../support/engine-client.ts";
import { openEc2Commands } from "./support/ec2-fields.ts";
import type { Ec2Commands, Ec2Fields } from "./support/ec2-fields.ts";

const SLOW = { timeout: 60_000 };

interface RefusedPlan {
  readonly fields: Ec2Fields;
  /** The failed check's name, its reason, and some of the message's words. */
  readonly finding: readonly [check: string, reason: string, words: string | RegExp];
}

/** What a dry run finds. */
const REFUSED: Readonly<Record<string, (region: Ec2Region) => RefusedPlan>> = {
  "launch_template that does not exist": () => ({
    fields: { placement: { launch_template: { id: "lt-0123456789abcdef0" } } },
    finding: [
      "launch-template.exists",
      "LAUNCH_TEMPLATE_NOT_FOUND",
      "with template ID lt-0123456789abcdef0, does not exist",
    ],
  }),
  "launch_template of a version that does not exist": (region) => ({
    fields: {
      placement: {
        launch_template: { id: region.addLaunchTemplate("short", {}), version: 7 },
      },
    },
    finding: [
      "launch-template.exists",
      "LAUNCH_TEMPLATE_NOT_FOUND",
      "Could not find the specified version 7",
    ],
  }),
  "launch_template with fields that a plan cannot show": (region) => ({
    fields: {
      placement: {
        launch_template: {
          id: region.addLaunchTemplate("rich", {
            userData: "IyEvYmluL3No",
            ebsOptimized: false,
            hibernationOptions: { configured: true },
          }),
        },
      },
    },
    finding: [
      "launch-template.fields",
      "LAUNCH_TEMPLATE_UNSUPPORTED",
      /does not take from a template: UserData, HibernationOptions$/,
    ],
  }),
};

/** Placements that `set` refuses, and the message after the field's path. */
const REJECTED: readonly (readonly [JsonObject, string])[] = [
  [{ launch_template: { version: 1 } }, "launch_template: must have either id or name"],
  [
    { launch_template: { id: "lt-01", name: "agents" } },
    "launch_template: must have either id or name",
  ],
  [
    { launch_template: { id: "lt-01", version: "newest" } },
    "launch_template.version: must be a number, $Latest or $Default",
  ],
];

describe("the launch template of an EC2 placement", () => {
  let commands: Ec2Commands;
  beforeAll(async () => {
    commands = await openEc2Commands();
  }, 60_000);
  afterAll(() => commands[Symbol.asyncDispose]());

  it("gives what the placement leaves out", SLOW, async () => {
    const { region } = commands;
    region.addKeyPair("template-key");
    const group = region.addSecurityGroup({ name: "of-the-template" });
    const id = region.addLaunchTemplate("agents", {});
    region.addLaunchTemplateVersion(id, {
      imageId: "ami-0123456789abcdef0",
      instanceType: "t3.nano",
      keyName: "template-key",
      securityGroupIdSet: [group],
      maintenanceOptions: { autoRecovery: "default" },
      tagSpecificationSet: [
        { resourceType: "instance", tagSet: [{ key: "team", value: "red" }] },
        { resourceType: "volume", tagSet: [{ key: "team", value: "red" }] },
      ],
    });
    const launchTemplate = { name: "agents", version: "$Latest" };
    const placement = {
      launch_template: launchTemplate,
      maintenance: { auto_recovery: "disabled" },
    };
    const workspace = await commands.records({ placement });
    await commands.json("spawn", workspace, "--id", workspace);
    expect(commands.sent("launch")).toMatchObject({
      InstanceType: "m7i.large",
      ImageId: region.images.x86_64,
      KeyName: "template-key",
      "SecurityGroupId.1": group,
      "MaintenanceOptions.AutoRecovery": "disabled",
    });
    expect(Object.keys(commands.sent("launch")).join()).not.toContain("LaunchTemplate");
    const spawn = await commands.json("describe", workspace);
    expect(spawn).toMatchObject({
      machine: { settings: { key_name: "template-key", security_group_ids: [group] } },
      plan: {
        target: { launch_template: launchTemplate },
        floating_reads: [
          {
            reference: "launch template agents version $Latest",
            value: `${id} version 2`,
            read_at: expect.any(String),
          },
        ],
        settings: {
          instance: {
            launch_template: { id, name: "agents", version: 2 },
            key_name: "template-key",
            tags: { team: "red" },
          },
        },
      },
    });
    const sourceOf = (field: string) =>
      fieldOf(spawn, "plan", "sources", `/settings/instance/${field}`);
    for (const field of ["key_name", "security_group_ids", "tags", "launch_template"])
      expect(sourceOf(field)).toBe(`launch template ${id} version 2`);
    expect(sourceOf("maintenance")).toContain("target.aws.maintenance");
  });

  it.each([
    [undefined, ["$Default"]],
    ["$Default", ["$Default"]],
    ["1", []],
  ])("floats unless its version is a number: %s", SLOW, async (version, floating) => {
    const id = commands.region.addLaunchTemplate(`floating-${version}`, {});
    const options = { id, ...(version === undefined ? {} : { version }) };
    const workspace = await commands.records({ placement: { launch_template: options } });
    const plan = await commands.json("resolve", workspace);
    expect(fieldOf(plan, "floating_reads")).toEqual(
      floating.map((asked) => ({
        reference: `launch template ${id} version ${asked}`,
        value: `${id} version 1`,
        read_at: expect.any(String),
      })),
    );
  });

  it.each(Object.entries(REFUSED))("%s: the dry run finds it", SLOW, async (_name, make) => {
    const { fields, finding } = make(commands.region);
    const [name, reason, words] = finding;
    const { checks } = await commands.refused("resolve", await commands.records(fields));
    expect(checks?.filter(({ outcome }) => outcome === "failed")).toEqual([
      expect.objectContaining({ name, reason, message: expect.stringMatching(words) }),
    ]);
  });

  it.each(REJECTED)("set refuses %j", async (aws, message) => {
    const { exitCode, stderr } = await commands.placement("rejected", aws);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`target.aws.${message}`);
  });
});
