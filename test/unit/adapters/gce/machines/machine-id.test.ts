import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { machineId, readMachineId } from "../../../../../adapters/gce/machines/machine-id.ts";

const part = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/);

describe("readMachineId", () => {
  it("reads what machineId writes, in projects of a domain too", () => {
    const project = fc.oneof(
      part,
      part.map((name) => `example.com:${name}`),
    );
    fc.assert(
      fc.property(fc.record({ project, zone: part, name: part }), (machine) => {
        expect(readMachineId(machineId(machine))).toEqual(machine);
      }),
    );
  });

  it.each([
    "",
    "a",
    "projects/p/zones/z/instances/",
    "projects/p/zones/z/instances/a/b",
    "projects/p/regions/z/instances/a",
    "projects/p/global/instances/a",
    "projects/p/zones/z/disks/a",
    "https://compute.googleapis.com/compute/v1/projects/p/zones/z/instances/a",
    "/projects/p/zones/z/instances/a",
    "projects/p/zones/z/instances/a?alt=json",
    "projects/p/zones/../instances/a",
    'projects/p/zones/z/instances/a"',
    "projects/p/zones/z/instances/a\n",
  ])("gives null for %j", (id) => {
    expect(readMachineId(id)).toBe(null);
  });
});
