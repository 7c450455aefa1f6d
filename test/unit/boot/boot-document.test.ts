import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countFitting,
  launchDocuments,
  measureBootDocument,
  requireFitting,
} from "../../../src/boot/boot-document.ts";
import { SlipwayError } from "../../../src/errors.ts";
import type { JsonValue } from "../../../src/errors.ts";
import type { LaunchPlan } from "../../../src/plan/plan.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";
import type { BootDelivery, SpawnMember } from "../../../src/substrate/contract.ts";
import { bootTable } from "../../support/boot-table.ts";
import { incompressible } from "../../support/incompressible.ts";
import { samplePlan } from "../../support/sample-plan.ts";

const VARIABLE = { delivery: "environment", maximumBytes: 32_768 } as const;
const BY_INDEX = {
  delivery: "cloud-init",
  maximumBytes: 16_384,
  identity: "launch-index",
} as const;
const PLACE = { place: "us-east-1a" };

function planWith(guest: Partial<LaunchPlan["guest"]>): LaunchPlan {
  const plan = samplePlan();
  return { ...plan, guest: { ...plan.guest, ...guest } };
}

const PLAN = planWith({
  repos: [
    {
      cloneUrl: "https://example.com/a",
      baseBranch: "größe",
      conflictResolution: "MERGE",
      clonePath: "/workspaces/a",
    },
  ],
  ports: [{ port: 8080, name: "web" }],
  secretRefs: ["API_KEY"],
  runtimeSecretMounts: [{ secret: "CERT", env: null, path: "/cert", mode: "0400" }],
});
const COMMON = {
  boot_version: 2,
  tenant: PLAN.tenant,
  workspace: PLAN.workspace,
  plan_id: PLAN.planId,
  place: "us-east-1a",
  ports: [{ port: 8080, name: "web" }],
  secret_refs: ["API_KEY"],
  runtime_secret_mounts: [{ secret: "CERT", env: null, path: "/cert", mode: "0400" }],
};
const REPO = {
  clone_url: "https://example.com/a",
  base_branch: "größe",
  conflict_resolution: "MERGE",
};
const ONE: SpawnMember = {
  spawnId: "agent-1",
  env: { camelCase: "1", ÄÖ: "ü" },
  labels: { team: "a" },
  input: { someTask: ["x", null, 1.5] },
};
const TWO: SpawnMember = { spawnId: "agent-2", ...NO_INPUT };

function userData(members: readonly SpawnMember[], plan = PLAN, delivery: BootDelivery = BY_INDEX) {
  return launchDocuments({ plan, place: PLACE, members }, delivery).userData;
}

describe("launchDocuments", () => {
  it("gives each container its own document, and no user data", () => {
    const documents = launchDocuments({ plan: PLAN, place: PLACE, members: [ONE, TWO] }, VARIABLE);
    expect(documents.userData).toBe("");
    expect(documents.members.map(({ bootDocument }) => JSON.parse(bootDocument))).toEqual([
      {
        ...COMMON,
        // A container does not clone.
        repos: [REPO],
        spawn_id: "agent-1",
        env: ONE.env,
        input: ONE.input,
        identity: { source: "environment" },
      },
      {
        ...COMMON,
        repos: [REPO],
        spawn_id: "agent-2",
        env: {},
        input: null,
        identity: { source: "environment" },
      },
    ]);
  });

  it("gives all VMs of a launch one text, with a table of the members in their order", () => {
    const documents = launchDocuments({ plan: PLAN, place: PLACE, members: [ONE, TWO] }, BY_INDEX);
    expect(documents.members).toEqual([
      { ...ONE, bootDocument: "" },
      { ...TWO, bootDocument: "" },
    ]);
    expect(bootTable(documents.userData)).toEqual({
      ...COMMON,
      repos: [{ ...REPO, clone_path: "/workspaces/a" }],
      members: [
        ["agent-1", ONE.env, ONE.input],
        ["agent-2", {}, null],
      ],
    });
    expect(documents.userData).not.toContain("agent-1");
  });

  it("is the same for the same launch, because a repeated request must be", () => {
    expect(userData([ONE, TWO])).toBe(userData([structuredClone(ONE), TWO]));
    expect(userData([ONE, TWO])).not.toBe(userData([TWO, ONE]));
  });

  it("passes user data on unchanged if the image has no cloud-init, and sends none if there is none", () => {
    const ignition = '{"ignition": {"version": "3.4.0"}}';
    expect(userData([TWO], planWith({ bootDocument: "none", userData: ignition }))).toBe(ignition);
    expect(userData([TWO], planWith({ bootDocument: "none" }))).toBe("");
  });

  it.each([VARIABLE, BY_INDEX])("is ASCII without long lines by $delivery", (delivery) => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.json(), (text, json) => {
        const input: JsonValue = JSON.parse(json);
        const member = { spawnId: "agent-1", env: { A: text }, labels: {}, input };
        const launch = { plan: PLAN, place: PLACE, members: [member] };
        const documents = launchDocuments(launch, delivery);
        const document = documents.userData + (documents.members[0]?.bootDocument ?? "");
        expect(document).toMatch(/^[\n\x20-\x7e]*$/);
        const read: unknown = delivery === BY_INDEX ? bootTable(document) : JSON.parse(document);
        const fields =
          delivery === BY_INDEX
            ? { members: [["agent-1", { A: text }, input]] }
            : { env: { A: text }, input };
        expect(read).toMatchObject(fields);
      }),
    );
  });

  it.each([VARIABLE, BY_INDEX])("refuses a document that $delivery cannot carry", (delivery) => {
    const documentsOf = (maximumBytes: number) =>
      launchDocuments({ plan: PLAN, place: PLACE, members: [ONE] }, { ...delivery, maximumBytes });
    const { userData: shared, members } = documentsOf(1_000_000);
    const bytes = Buffer.byteLength(shared + (members[0]?.bootDocument ?? ""));
    expect(() => documentsOf(bytes)).not.toThrow();
    expect(() => documentsOf(bytes - 1)).toThrowError(
      expect.objectContaining({
        code: "FAILED_PRECONDITION",
        reason: "BOOT_DOCUMENT_TOO_LARGE",
        message: expect.stringContaining(
          `has ${bytes} bytes, ${PLAN.substrate} carries at most ${bytes - 1}`,
        ),
      }),
    );
  });
});

describe("countFitting", () => {
  it("finds exactly how many members one launch can carry", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ size: fc.nat(3000), seed: fc.nat() }), { maxLength: 12 }),
        (sizes) => {
          const members = sizes.map(({ size, seed }, index) => ({
            spawnId: `agent-${index}`,
            ...NO_INPUT,
            input: incompressible(size, seed),
          }));
          const launch = { plan: PLAN, place: PLACE, members };
          const count = countFitting(launch, BY_INDEX);
          const bytes = (many: number) =>
            userData(members.slice(0, many), PLAN, { ...BY_INDEX, maximumBytes: 1e9 }).length;
          expect(count === 0 || bytes(count) <= BY_INDEX.maximumBytes).toBe(true);
          expect(count === members.length || bytes(count + 1) > BY_INDEX.maximumBytes).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("counts all members that have documents of their own, up to one that is too large", () => {
    const large = { ...TWO, input: "x".repeat(VARIABLE.maximumBytes) };
    const launch = { plan: PLAN, place: PLACE, members: [ONE, TWO, large, TWO] };
    expect(countFitting({ ...launch, members: [ONE, TWO] }, VARIABLE)).toBe(2);
    expect(countFitting(launch, VARIABLE)).toBe(2);
  });
});

describe("requireFitting", () => {
  /** Whether it returns, or the reason why not. */
  function outcomeOf(check: () => unknown): unknown {
    try {
      check();
      return "fits";
    } catch (caught) {
      return caught instanceof SlipwayError ? caught.reason : caught;
    }
  }

  it("agrees with the documents themselves, although it compresses only what may be too large", () => {
    const text = fc.oneof(
      fc
        .record({ size: fc.nat(16_000), seed: fc.nat() })
        .map(({ size, seed }) => incompressible(size, seed)),
      fc.string({ unit: "grapheme", maxLength: 3_000 }),
    );
    const sizes = new Set<unknown>();
    fc.assert(
      fc.property(text, fc.dictionary(fc.constantFrom("A", "B"), text), (input, env) => {
        const members = [{ spawnId: "agent-1", ...NO_INPUT, env, input }];
        const launch = { plan: PLAN, place: PLACE, members };
        const outcome = outcomeOf(() => requireFitting(launch, BY_INDEX));
        sizes.add(outcome);
        expect(outcome).toBe(outcomeOf(() => launchDocuments(launch, BY_INDEX)));
      }),
      { numRuns: 200 },
    );
    expect(sizes).toEqual(new Set(["fits", "BOOT_DOCUMENT_TOO_LARGE"]));
  });

  it("checks a document of its own", () => {
    const large = { ...TWO, input: "x".repeat(VARIABLE.maximumBytes) };
    const check = (member: SpawnMember) =>
      outcomeOf(() => requireFitting({ plan: PLAN, place: PLACE, members: [member] }, VARIABLE));
    expect([check(ONE), check(large)]).toEqual(["fits", "BOOT_DOCUMENT_TOO_LARGE"]);
  });
});

describe("measureBootDocument", () => {
  it("returns the size for a long id, and how many spawns a launch carries", () => {
    const { bytes, maximumBytes, members } = measureBootDocument(PLAN, BY_INDEX, 1000);
    expect(bytes).toBeGreaterThan(userData([TWO]).length);
    expect(maximumBytes).toBe(16_384);
    // The bound of 10 calls for 1,000 spawns leaves room for much user data of the workspace's own.
    expect(members).toBeGreaterThan(500);
    const own = `#!/bin/sh\n${`${incompressible(900, 1)}\n`.repeat(9)}`;
    const { members: fewer } = measureBootDocument(
      { ...PLAN, guest: { ...PLAN.guest, userData: own } },
      BY_INDEX,
      1000,
    );
    expect(fewer).toBeLessThan(members ?? 0);
    expect(fewer).toBeGreaterThan(0);
  });

  it("counts no members if each has a document of its own, or if there is no document", () => {
    expect(measureBootDocument(PLAN, VARIABLE, 1).members).toBeNull();
    const none = planWith({ bootDocument: "none", userData: "{}" });
    expect(measureBootDocument(none, BY_INDEX, 1000)).toMatchObject({ bytes: 2, members: null });
  });
});
