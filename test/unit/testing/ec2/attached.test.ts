import { expect, it } from "vitest";
import { attachedTo, invalidateAttached } from "../../../../testing/ec2/attached.ts";

const record = (id: string, instanceId: string) => [id, { id, instanceId }] as const;

it("finds the records of an instance, including ones added later", () => {
  const volumes = new Map([record("vol-1", "i-1"), record("vol-2", "i-2")]);
  const idsOf = (instanceId: string) => attachedTo(volumes, instanceId).map(({ id }) => id);
  expect(idsOf("i-1")).toEqual(["vol-1"]);
  volumes.set(...record("vol-3", "i-1"));
  volumes.set(...record("vol-4", "i-3"));
  expect(idsOf("i-1")).toEqual(["vol-1", "vol-3"]);
  expect(idsOf("i-3")).toEqual(["vol-4"]);
  expect(idsOf("i-4")).toEqual([]);
});

it("finds records added after others were removed", () => {
  const volumes = new Map([record("vol-1", "i-1"), record("vol-2", "i-2"), record("vol-3", "i-3")]);
  expect(attachedTo(volumes, "i-3")).toHaveLength(1);
  volumes.delete("vol-1");
  expect(attachedTo(volumes, "i-1")).toEqual([]);
  volumes.delete("vol-2");
  invalidateAttached(volumes);
  volumes.set(...record("vol-4", "i-4"));
  expect(attachedTo(volumes, "i-3")).toHaveLength(1);
  expect(attachedTo(volumes, "i-4").map(({ id }) => id)).toEqual(["vol-4"]);
});
