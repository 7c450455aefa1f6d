import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Check } from "../../src/plan/plan.ts";
import type { ImageInspection } from "../../src/substrate/contract.ts";
import { gceScene } from "../support/gce-scene.ts";
import type { GceScene } from "../support/gce-scene.ts";

const PROJECT = "agents";
const images = `projects/${PROJECT}/global/images`;
const { signal } = new AbortController();

let scene: GceScene;
beforeAll(async () => {
  scene = await gceScene();
});
afterAll(() => scene[Symbol.asyncDispose]());

async function inspect(selfLink: string): Promise<ImageInspection> {
  scene.calls();
  return await scene.adapter.inspectImage(
    { substrate: "GCP", selfLink },
    { imageName: "agent-base", architecture: "amd64" },
    signal,
  );
}

function told(checks: readonly Check[], outcome: Check["outcome"]) {
  return checks.flatMap((check) =>
    check.outcome === outcome ? [{ name: check.name, reason: check.reason }] : [],
  );
}

/** What the one failed check says; the inspection holds no artifact. */
async function refusal(selfLink: string): Promise<Check> {
  const found = await inspect(selfLink);
  expect(found.artifact).toBeNull();
  const failed = found.checks.filter(({ outcome }) => outcome === "failed");
  expect(failed).toHaveLength(1);
  const [check] = failed;
  if (check === undefined) throw new Error("no failed check");
  expect(check.remedy).toMatch(/\.$/);
  return check;
}

describe("an image of Compute Engine", () => {
  it("is pinned by its self-link and its numeric id, with what is noted of it", async () => {
    const image = scene.gce.addImage(PROJECT, {
      name: "noted",
      diskSizeGb: 20,
      licenses: ["projects/debian-cloud/global/licenses/debian-12"],
      guestOsFeatures: ["UEFI_COMPATIBLE", "GVNIC"],
    });
    const found = await inspect(`${images}/noted`);
    expect(found.artifact).toMatchObject({
      id: `${images}/noted`,
      requested: `${images}/noted`,
      pinned: true,
      numericId: image.id,
    });
    expect(found.architecture).toBe("amd64");
    expect(found.floating).toEqual([]);
    expect(found.facts).toEqual({
      image: {
        link: `${images}/noted`,
        numericId: image.id,
        diskSizeGb: 20,
        architecture: "X86_64",
        licenses: ["projects/debian-cloud/global/licenses/debian-12"],
        guestOsFeatures: ["UEFI_COMPATIBLE", "GVNIC"],
      },
    });
    expect(scene.calls()).toEqual(["images.get"]);
  });

  it.each([
    `https://www.googleapis.com/compute/v1/${images}/noted`,
    `http://127.0.0.1:8085/compute/beta/${images}/noted`,
    `/${images}/noted`,
    "global/images/noted",
  ])("is known by every form of its link that the API takes: %s", async (link) => {
    scene.gce.addImage(PROJECT, { name: "noted" });
    const { artifact } = await inspect(link);
    expect(artifact).toMatchObject({ id: `${images}/noted`, requested: link });
  });

  it("may be of a project with a domain", async () => {
    scene.gce.addImage("example.com:agents", { name: "ours" });
    const { artifact } = await inspect("projects/example.com:agents/global/images/ours");
    expect(artifact?.id).toBe("projects/example.com:agents/global/images/ours");
  });

  it("is another image when it was created again under its name", async () => {
    scene.gce.addImage(PROJECT, { name: "remade", id: "111" });
    const before = await inspect(`${images}/remade`);
    scene.gce.addImage(PROJECT, { name: "remade", id: "222" });
    const after = await inspect(before.artifact?.id ?? "");
    expect(after.artifact?.id).toBe(before.artifact?.id);
    expect(before.artifact?.numericId).toBe("111");
    expect(after.artifact?.numericId).toBe("222");
  });

  it("for arm64 says so", async () => {
    scene.gce.addImage(PROJECT, { name: "arm", architecture: "ARM64" });
    expect((await inspect(`${images}/arm`)).architecture).toBe("arm64");
  });

  it("without an architecture is taken for amd64, with a warning", async () => {
    scene.gce.addImage(PROJECT, { name: "old", architecture: null });
    const found = await inspect(`${images}/old`);
    expect(found.architecture).toBe("amd64");
    expect(found.artifact).not.toBeNull();
    expect(told(found.checks, "warning")).toEqual([
      { name: "image.architecture", reason: "ARCHITECTURE_UNKNOWN" },
    ]);
  });

  it("that is deprecated is usable, with a warning that names its successor", async () => {
    const replacement = `${images}/next`;
    scene.gce.addImage(PROJECT, {
      name: "aging",
      deprecated: { state: "DEPRECATED", replacement },
    });
    const found = await inspect(`${images}/aging`);
    expect(found.artifact?.id).toBe(`${images}/aging`);
    expect(told(found.checks, "warning")).toEqual([
      { name: "image.deprecation", reason: "IMAGE_DEPRECATED" },
    ]);
    const warned = found.checks.find(({ outcome }) => outcome === "warning");
    expect(warned?.message).toContain(replacement);
    expect(warned?.remedy).toContain(replacement);
  });

  it.each([
    ["OBSOLETE", "IMAGE_OBSOLETE"],
    ["DELETED", "IMAGE_DELETED"],
  ] as const)("that is marked %s is refused", async (state, reason) => {
    scene.gce.addImage(PROJECT, {
      name: "gone",
      deprecated: { state, replacement: `${images}/next` },
    });
    const check = await refusal(`${images}/gone`);
    expect(check).toMatchObject({ name: "image.deprecation", reason });
    expect(check.remedy).toContain(`${images}/next`);
  });

  it.each([
    ["PENDING", "IMAGE_NOT_READY"],
    ["FAILED", "IMAGE_FAILED"],
    ["DELETING", "IMAGE_DELETED"],
  ] as const)("that is %s is refused", async (status, reason) => {
    scene.gce.addImage(PROJECT, { name: "unready", status });
    expect(await refusal(`${images}/unready`)).toMatchObject({ name: "image.state", reason });
  });

  it("reports several problems at once", async () => {
    scene.gce.addImage(PROJECT, {
      name: "worst",
      status: "FAILED",
      deprecated: { state: "OBSOLETE" },
    });
    const { checks } = await inspect(`${images}/worst`);
    expect(told(checks, "failed").map(({ reason }) => reason)).toEqual([
      "IMAGE_FAILED",
      "IMAGE_OBSOLETE",
    ]);
  });
});

describe("an image that cannot be read", () => {
  it("is not there: a call more finds that out", async () => {
    expect(await refusal(`${images}/nowhere`)).toMatchObject({
      name: "image.found",
      code: "NOT_FOUND",
      reason: "IMAGE_NOT_FOUND",
    });
    expect(scene.calls()).toEqual(["images.get", "images.list"]);
  });

  it("may be a family, which is said", async () => {
    const check = await refusal(`${images}/debian-12`);
    expect(check.reason).toBe("IMAGE_NOT_FOUND");
    expect(check.remedy).toContain(`${images}/family/debian-12`);
  });

  it("is of a project that there is not", async () => {
    scene.gce.removeProject("nowhere");
    const check = await refusal("projects/nowhere/global/images/any");
    expect(check).toMatchObject({ reason: "PROJECT_NOT_FOUND", code: "NOT_FOUND" });
    expect(check.message).toMatch(/may not know of it: Failed to find project nowhere$/);
    expect(await refusal("projects/nowhere/global/images/family/any")).toMatchObject({
      reason: "PROJECT_NOT_FOUND",
    });
  });

  it("is of a project that the caller has no right to", async () => {
    scene.gce.deny({ project: "foreign", permission: "compute.images.get" });
    const check = await refusal("projects/foreign/global/images/any");
    expect(check).toMatchObject({
      reason: "IMAGE_PERMISSION_DENIED",
      code: "PERMISSION_DENIED",
      blastRadius: "credential",
    });
    expect(check.message).toContain("compute.images.get");
    expect(check.remedy).toContain("roles/compute.imageUser");
    expect(scene.calls()).toEqual(["images.get"]);
  });

  it("is not an image's link", async () => {
    const check = await refusal("projects/agents/zones/us-central1-a/disks/boot");
    expect(check).toMatchObject({ name: "image.reference", reason: "INVALID_REFERENCE" });
    expect(scene.calls()).toEqual([]);
  });
});

describe("a family of Compute Engine", () => {
  const family = `${images}/family/agent`;

  it("is read once, and means the newest image that is active", async () => {
    const day = 86_400_000;
    scene.gce.addImage(PROJECT, { name: "agent-1", family: "agent", createdAt: day });
    scene.gce.addImage(PROJECT, { name: "agent-2", family: "agent", createdAt: 2 * day });
    scene.gce.addImage(PROJECT, {
      name: "agent-3",
      family: "agent",
      createdAt: 3 * day,
      deprecated: { state: "DEPRECATED" },
    });
    const { artifact, checks, floating, sources } = await inspect(family);
    expect(checks.find(({ name }) => name === "image.reference")?.message).toBe(
      `${family} names family agent of project ${PROJECT}`,
    );
    expect(artifact?.id).toBe(`${images}/agent-2`);
    expect(floating).toEqual([{ reference: family, value: `${images}/agent-2` }]);
    expect(sources["/artifact/numeric_id"]).toContain("getFromFamily");
    expect(scene.calls()).toEqual(["images.getFromFamily"]);
    scene.gce.addImage(PROJECT, { name: "agent-4", family: "agent" });
    expect((await inspect(family)).artifact?.id).toBe(`${images}/agent-4`);
    expect((await inspect(artifact?.id ?? "")).artifact).toMatchObject({ id: `${images}/agent-2` });
  });

  it("that there is not has no image", async () => {
    expect(await refusal(`${images}/family/nothing`)).toMatchObject({
      name: "image.found",
      reason: "IMAGE_FAMILY_NOT_FOUND",
    });
  });

  it("whose images are all withdrawn says which", async () => {
    const check = await refusal(`${images}/family/debian-11`);
    expect(check).toMatchObject({ reason: "IMAGE_FAMILY_EMPTY", code: "FAILED_PRECONDITION" });
    expect(check.message).toContain("debian-11-bullseye-v20240815 is OBSOLETE");
    expect(check.remedy).toContain("debian-12-bookworm-v20251111");
  });

  it("cannot be distinguished by a caller who may not list", async () => {
    scene.gce.deny({ project: "listless", permission: "compute.images.list" });
    const check = await refusal("projects/listless/global/images/family/nothing");
    expect(check.reason).toBe("IMAGE_FAMILY_NOT_FOUND");
    expect(check.message).toContain("compute.images.list");
  });
});

describe("nothing that is changed", () => {
  it("is asked for by an inspection", () => {
    const methods = scene.gce.requests.map(({ method }) => method);
    expect(methods.length).toBeGreaterThan(20);
    expect(methods.filter((method) => method !== "GET")).toEqual([]);
  });
});
