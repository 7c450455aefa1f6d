import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AMD64_IMAGE,
  PROJECT,
  at,
  instanceBody,
  names,
  startChecked,
  verdict,
} from "./support/ask.ts";
import { misfits } from "./support/protos.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/gce");
const recorded = (name: string): unknown => JSON.parse(readFileSync(join(FIXTURES, name), "utf8"));

describe("an image", () => {
  it("has the fields of a recorded one", async () => {
    const { get } = await startChecked();
    const { body } = await get(`global/images/${AMD64_IMAGE}`);
    const wanted = Object.keys(Object(recorded("image-of-family.json")));
    expect(Object.keys(Object(body))).toEqual(expect.arrayContaining(wanted));
    expect(misfits("Image", recorded("image-of-family.json"))).toEqual([]);
  });

  it("causes the recorded error if it does not exist", async () => {
    const { get } = await startChecked();
    const { status, body } = await get("global/images/family/coreos-stable");
    const wanted = JSON.stringify(recorded("family-not-found.json")).replaceAll(
      "project-name",
      PROJECT,
    );
    expect(status).toBe(404);
    expect(body).toMatchObject(JSON.parse(wanted));
  });

  it("is created and deleted by operations", async () => {
    const { post, get, remove, clock } = await startChecked({ timing: { otherMs: 100 } });
    const made = await post("global/images", { name: "mine", rawDisk: { source: "gs://b/o" } });
    expect(made.body).toMatchObject({ status: "RUNNING", operationType: "insert" });
    expect((await get("global/images/mine")).body).toMatchObject({ status: "PENDING" });
    await clock.advance(100);
    expect((await get("global/images/mine")).body).toMatchObject({ status: "READY" });
    await remove("global/images/mine");
    expect((await get("global/images/mine")).body).toMatchObject({ status: "DELETING" });
    await clock.advance(100);
    expect(verdict(await get("global/images/mine"))).toBe("404 notFound");
  });

  it("is made of the disk of a running machine only by force", async () => {
    const { post, clock } = await startChecked();
    const zone = "zones/us-central1-a";
    await post(`${zone}/instances`, instanceBody("one"));
    await clock.advance(1000);
    const body = { name: "mine", sourceDisk: `${zone}/disks/one` };
    expect(verdict(await post("global/images", body))).toBe("400 resourceInUseByAnotherResource");
    expect(verdict(await post("global/images?forceCreate=true", body))).toBe("200");
    await post(`${zone}/instances/one/stop`);
    await clock.advance(1000);
    expect(verdict(await post("global/images", { ...body, name: "calm" }))).toBe("200");
  });

  it("inherits its properties from its source", async () => {
    const { post, get, clock } = await startChecked();
    const sourceImage = "global/images/family/debian-12-arm64";
    await post("global/images", { name: "copy", family: "copies", sourceImage });
    await clock.advance(1000);
    expect((await get("global/images/family/copies")).body).toMatchObject({
      name: "copy",
      architecture: "ARM64",
      sourceImage: expect.stringContaining("debian-12-bookworm-arm64"),
      sourceImageId: expect.stringMatching(/^\d{19}$/),
    });
  });

  it.each([
    ["a name in capitals", { name: "Mine", rawDisk: { source: "x" } }, "400 invalid"],
    ["no name", { rawDisk: { source: "x" } }, "400 required"],
    ["no source", { name: "mine" }, "400 invalid"],
    ["two sources", { name: "m", sourceImage: "x", rawDisk: { source: "x" } }, "400 invalid"],
    ["an unknown field", { name: "m", rawDisk: { source: "x" }, size: 1 }, "400 badRequest"],
    ["a bare source", { name: "mine", sourceImage: AMD64_IMAGE }, "400 invalid"],
    ["a missing source", { name: "m", sourceImage: "global/images/none" }, "404 notFound"],
    ["a name that is in use", { name: AMD64_IMAGE, rawDisk: { source: "x" } }, "409 alreadyExists"],
  ])("is rejected with %s", async (_what, body, wanted) => {
    const { post } = await startChecked();
    expect(verdict(await post("global/images", body))).toBe(wanted);
  });
});

describe("a family", () => {
  it("resolves to its newest image that is not deprecated", async () => {
    const { gce, get, post } = await startChecked();
    const family = async () => at((await get("global/images/family/f")).body, "name");
    expect(await family()).toBeUndefined();
    gce.addImage(PROJECT, { name: "f-2", family: "f", createdAt: 2 });
    gce.addImage(PROJECT, { name: "f-1", family: "f", createdAt: 1 });
    expect(await family()).toBe("f-2");
    gce.addImage(PROJECT, { name: "f-3", family: "f", createdAt: 3 });
    expect(await family()).toBe("f-3");
    await post("global/images/f-3/deprecate", {
      state: "DEPRECATED",
      replacement: "global/images/f-2",
    });
    expect(await family()).toBe("f-2");
    expect((await get("global/images/f-3")).body).toMatchObject({
      deprecated: { state: "DEPRECATED", replacement: expect.stringMatching(/^https:.*\/f-2$/) },
    });
    gce.addImage(PROJECT, { name: "f-4", family: "f", createdAt: 4, status: "FAILED" });
    expect(await family()).toBe("f-2");
    await post("global/images/f-2/deprecate", { state: "OBSOLETE" });
    await post("global/images/f-1/deprecate", { state: "DELETED" });
    expect(verdict(await get("global/images/family/f"))).toBe("404 notFound");
    await post("global/images/f-1/deprecate", {});
    expect(await family()).toBe("f-1");
  });

  it("can be viewed from a zone as well", async () => {
    const { get } = await startChecked();
    const { body } = await get("zones/us-central1-a/imageFamilyViews/debian-12");
    expect(at(body, "image", "name")).toBe(AMD64_IMAGE);
  });
});

describe("permissions on an image", () => {
  it("are reported, and required", async () => {
    const { gce, get, post } = await startChecked();
    const resource = `projects/${PROJECT}/global/images/${AMD64_IMAGE}`;
    gce.deny({ project: PROJECT, permission: "compute.images.get", resource });
    expect(verdict(await get(`global/images/${AMD64_IMAGE}`))).toBe("403 forbidden");
    expect(verdict(await get("global/images/debian-11-bullseye-v20240815"))).toBe("200");
    const permissions = ["compute.images.get", "compute.images.useReadOnly"];
    const granted = await post(`global/images/${AMD64_IMAGE}/testIamPermissions`, { permissions });
    expect(granted.body).toEqual({ permissions: ["compute.images.useReadOnly"] });
  });
});

describe("an image's deprecation", () => {
  it("is an operation that can be awaited", async () => {
    const { post, clock } = await startChecked({ timing: { otherMs: 10 } });
    const begun = await post(`global/images/${AMD64_IMAGE}/deprecate`, { state: "DEPRECATED" });
    const name = String(at(begun.body, "name"));
    await clock.advance(10);
    const waited = await post(`global/operations/${name}/wait`);
    expect(waited.body).toMatchObject({ name, status: "DONE" });
  });
});

describe("a list of images", () => {
  it("has the fields of a recorded one", async () => {
    const { get } = await startChecked();
    const { body } = await get("global/images");
    const wanted = Object.keys(Object(recorded("image-list.json")));
    expect(Object.keys(Object(body))).toEqual(expect.arrayContaining(wanted));
    expect(misfits("ImageList", recorded("image-list.json"))).toEqual([]);
  });

  it("comes in pages that neither repeat nor omit records", async () => {
    const { gce, get } = await startChecked();
    const whole = names(await get("global/images"));
    const first = await get("global/images?maxResults=2");
    gce.addImage(PROJECT, { name: "aaa" });
    const token = String(at(first.body, "nextPageToken"));
    const rest = await get(`global/images?pageToken=${token}`);
    expect([...names(first), ...names(rest)]).toEqual(whole);
    expect(at(rest.body, "nextPageToken")).toBeUndefined();
    expect(verdict(await get(`global/images?pageToken=${token}&filter=name:x`))).toBe(
      "400 invalid",
    );
  });

  it.each([
    [`name = ${AMD64_IMAGE}`, 1],
    [`name eq '.*-arm64-.*'`, 1],
    ["family:*", 4],
    ["NOT architecture=ARM64", 3],
    ["architecture = ARM64 OR family = debian-11", 2],
    ["(architecture = X86_64) (family = debian-12)", 2],
    ["family != debian-11", 3],
    ['deprecated.state = "OBSOLETE"', 1],
    ["creationTimestamp > 2025-01-01", 3],
    ["diskSizeGb >= 10", 4],
    ["guestOsFeatures.type:GVNIC", 3],
    ["name = debian-12-*", 3],
  ])("accepts the filter %s", async (filter, count) => {
    const { get } = await startChecked();
    const answer = await get(`global/images?filter=${encodeURIComponent(filter)}`);
    expect(names(answer)).toHaveLength(count);
  });

  it.each(["name", "name =", "= x", "(name = x", "name = x)", 'name = "x', "name eq '('", "a & b"])(
    "rejects the filter %s",
    async (filter) => {
      const { get } = await startChecked();
      const answer = await get(`global/images?filter=${encodeURIComponent(filter)}`);
      expect(verdict(answer)).toBe("400 invalid");
    },
  );

  it("returns the requested fields only", async () => {
    const { get } = await startChecked();
    const { body } = await get("global/images?maxResults=1&fields=items(name,rawDisk/source),kind");
    expect(body).toEqual({
      kind: "compute#imageList",
      items: [{ name: "debian-11-bullseye-v20240815", rawDisk: { source: "" } }],
    });
    const stars = await get("global/images?maxResults=1&fields=items/*/source");
    expect(stars.body).toEqual({ items: [expect.objectContaining({ rawDisk: { source: "" } })] });
    expect(verdict(await get("global/images?fields=items("))).toBe("400 invalidParameter");
  });
});
