import { expect, it } from "vitest";
import type { JsonValue } from "../../../src/errors.ts";
import { resolve } from "../../../src/resolver/resolve.ts";
import { toSnakeCase } from "../../../src/json/field-case.ts";
import { createFakeAdapter } from "../../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";
import { linkedRecords } from "../../support/linked-records.ts";
import type { RecordFields } from "../../support/linked-records.ts";

const REFERENCE = "registry.example/agent:v1";
const workspace = { name: "agent-dev", imageRef: "agent", placement: "here" } as const;
const bare: RecordFields = {
  workspace: [workspace],
  image: [{ name: "agent", architecture: "ARCHITECTURE_AMD64", docker: { imageRef: REFERENCE } }],
  placement: [{ name: "here", substrate: "DOCKER", target: { docker: {} } }],
};
const shaped: RecordFields = {
  ...bare,
  workspace: [{ ...workspace, environmentRef: "small" }],
  environment: [{ name: "small", substrate: "DOCKER", machineTypeRef: "small" }],
  "machine-type": [
    {
      name: "small",
      vcpus: 2,
      memoryGb: 4,
      architecture: "ARCHITECTURE_AMD64",
      spec: { docker: { cpus: 2, memoryGb: 4 } },
    },
  ],
};

it.each([
  ["without an environment", bare, false],
  ["with one", shaped, false],
  ["offline", shaped, true],
] as const)("gives every value of the plan a source, %s", async (_how, records, offline) => {
  const clock = createFakeClock();
  const adapter = createFakeAdapter({
    clock,
    images: [{ reference: REFERENCE, architecture: "amd64" }],
    places: [{ place: "local" }],
  });
  const ports = {
    linkedRecords: () => Promise.resolve(linkedRecords(records)),
    clock,
    openAdapter: () => Promise.resolve(adapter),
    findCredential: () =>
      Promise.resolve({ source: { kind: "anonymous" }, credential: null } as const),
  };
  const { signal } = new AbortController();
  const request = { workspace: "agent-dev", tenant: "default", offline, signal };
  const plan = await resolve(ports, request);
  // The plan id is derived from everything else, and these four carry their own sources.
  const { planId: _id, sources, checks: _c, records: _r, floatingReads: _f, ...values } = plan;
  const known = Object.keys(sources);
  const unknown = pointersOf(toSnakeCase(values)).filter(
    (pointer) => !known.some((own) => pointer === own || pointer.startsWith(`${own}/`)),
  );
  expect(unknown).toEqual([]);
});

/** JSON pointers to all leaf values. */
function pointersOf(value: JsonValue, pointer = ""): readonly string[] {
  if (typeof value !== "object" || value === null) return [pointer];
  return Object.entries(value).flatMap(([key, inner]) => pointersOf(inner, `${pointer}/${key}`));
}
