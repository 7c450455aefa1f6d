import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LaunchPlan } from "../../../src/plan/plan.ts";
import { bootDocument, measureBootDocument } from "../../../src/boot/boot-document.ts";
import { LONGEST_SPAWN_ID } from "../../../src/ledger/spawn-record.ts";
import { samplePlan } from "../../support/sample-plan.ts";

const VARIABLE = { delivery: "environment", maximumBytes: 32_768, identity: null } as const;
const CLOUD_INIT = {
  delivery: "cloud-init",
  maximumBytes: 16_384,
  identity: { source: "instance-name" },
} as const;

function planWith(guest: Partial<LaunchPlan["guest"]>): LaunchPlan {
  const plan = samplePlan();
  return { ...plan, guest: { ...plan.guest, ...guest } };
}

const PLAN = planWith({
  repos: [{ cloneUrl: "https://example.com/a", baseBranch: "größe", conflictResolution: "MERGE" }],
  ports: [{ port: 8080, name: "web" }],
  secretRefs: ["API_KEY"],
  runtimeSecretMounts: [{ secret: "CERT", env: null, path: "/cert", mode: "0400" }],
});

describe("bootDocument", () => {
  it("contains a container's own spawn id", () => {
    expect(JSON.parse(bootDocument(PLAN, "agent-1", VARIABLE))).toEqual({
      version: 1,
      tenant: PLAN.tenant,
      workspace: PLAN.workspace,
      spawn_id: "agent-1",
      plan_id: PLAN.planId,
      repos: [
        { clone_url: "https://example.com/a", base_branch: "größe", conflict_resolution: "MERGE" },
      ],
      ports: [{ port: 8080, name: "web" }],
      secret_refs: ["API_KEY"],
    });
  });

  it("says where a VM finds its own identity, because a batch shares its user data", () => {
    const text = bootDocument(PLAN, "agent-1", CLOUD_INIT);
    expect(bootDocument(PLAN, "agent-2", CLOUD_INIT)).toBe(text);
    const [head, body] = text.split("  content: |\n    ");
    expect(head).toBe(
      '#cloud-config\nwrite_files:\n- path: /run/slipway/boot.json\n  permissions: "0644"\n',
    );
    expect(JSON.parse(body ?? "")).toMatchObject({
      workspace: PLAN.workspace,
      identity: { source: "instance-name" },
      secret_refs: ["API_KEY"],
      runtime_secret_mounts: [{ secret: "CERT", path: "/cert", mode: "0400" }],
    });
    expect(text).not.toContain("spawn_id");
  });

  it("passes user data on unchanged if the image has no cloud-init, and sends none if there is none", () => {
    const userData = '{"ignition": {"version": "3.4.0"}}';
    const ignition = planWith({ bootDocument: "none", userData });
    expect(bootDocument(ignition, "agent-1", CLOUD_INIT)).toBe(userData);
    expect(bootDocument(planWith({ bootDocument: "none" }), "agent-1", CLOUD_INIT)).toBe("");
  });

  it.each([VARIABLE, CLOUD_INIT])("is pure ASCII by $delivery", (delivery) => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (baseBranch) => {
        const repos = [{ cloneUrl: "https://a", baseBranch, conflictResolution: "MERGE" as const }];
        const text = bootDocument(planWith({ repos }), "agent-1", delivery);
        expect(text).toMatch(/^[\n\x20-\x7e]*$/);
        const json = text.slice(text.indexOf("{"));
        expect(JSON.parse(json)).toMatchObject({ repos: [{ base_branch: baseBranch }] });
      }),
    );
  });

  it.each([VARIABLE, CLOUD_INIT])("refuses a document that $delivery cannot carry", (delivery) => {
    const room = delivery.maximumBytes - bootDocument(planWith({}), "a", delivery).length;
    const secretRefs = (bytes: number) => planWith({ secretRefs: ["X".repeat(bytes - 2)] });
    const fitting = bootDocument(secretRefs(room), "a", delivery);
    expect(fitting.length).toBe(delivery.maximumBytes);
    expect(() => bootDocument(secretRefs(room + 1), "a", delivery)).toThrowError(
      expect.objectContaining({
        code: "FAILED_PRECONDITION",
        reason: "BOOT_DOCUMENT_TOO_LARGE",
        message: expect.stringContaining(
          `has ${delivery.maximumBytes + 1} bytes, ${PLAN.substrate} carries at most ${delivery.maximumBytes}`,
        ),
      }),
    );
  });
});

describe("measureBootDocument", () => {
  it.each([VARIABLE, CLOUD_INIT])(
    "returns the largest size that the document can have by $delivery",
    (by) => {
      const longest = "x".repeat(LONGEST_SPAWN_ID);
      expect(measureBootDocument(PLAN, by)).toBe(
        Buffer.byteLength(bootDocument(PLAN, longest, by)),
      );
    },
  );
});
