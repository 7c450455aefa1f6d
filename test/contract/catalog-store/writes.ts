/** Writes, their conditions and references. */
import { expect, it } from "vitest";
import { caughtError } from "../../support/caught.ts";
import {
  dockerImage,
  dockerMachineType,
  dockerPlacement,
  environment,
  workspace,
} from "../../support/catalog/records.ts";
import { AT, LATER, put } from "./subject.ts";
import type { OpenStore } from "./subject.ts";

export function describeWrites(open: OpenStore): void {
  it("counts generations from 1, and records author and time", async () => {
    await using subject = await open();
    const { store } = subject;
    const first = await put(store, "image", dockerImage("base"));
    expect(first).toEqual({
      name: "base",
      architecture: "ARCHITECTURE_AMD64",
      docker: { imageRef: "ghcr.io/acme/agent:1" },
      generation: 1,
      createdAt: AT,
      updatedAt: AT,
      updatedBy: "ann",
    });
    const second = await put(store, "image", dockerImage("base", "ghcr.io/acme/agent:2"), {
      at: LATER,
      by: "bob",
    });
    expect(second).toMatchObject({
      generation: 2,
      createdAt: AT,
      updatedAt: LATER,
      updatedBy: "bob",
      docker: { imageRef: "ghcr.io/acme/agent:2" },
    });
    expect(await store.get("acme", "image", "base")).toEqual(second);
  });

  it("replaces a whole record", async () => {
    await using subject = await open();
    const { store } = subject;
    await put(store, "image", { ...dockerImage("base"), description: "old", preinstalled: "go" });
    const record = await put(store, "image", dockerImage("base"));
    expect(record).not.toHaveProperty("description");
    expect(await store.get("acme", "image", "base")).not.toHaveProperty("preinstalled");
  });

  it("returns deep-frozen records", async () => {
    await using subject = await open();
    const record = await put(subject.store, "placement", dockerPlacement("here"));
    const read = await subject.store.get("acme", "placement", "here");
    for (const given of [record, read]) {
      expect(Object.isFrozen(given)).toBe(true);
      expect(Object.isFrozen(given?.target)).toBe(true);
    }
  });

  it("writes only at the required generation", async () => {
    await using subject = await open();
    const { store } = subject;
    const early = await caughtError(() =>
      put(store, "image", dockerImage("base"), { ifGeneration: 1 }),
    );
    expect(early).toMatchObject({ code: "ABORTED", reason: "GENERATION_MISMATCH" });
    expect(early.message).toContain("does not exist");
    await put(store, "image", dockerImage("base"), { ifGeneration: 0 });
    await put(store, "image", dockerImage("base"), { ifGeneration: 1 });
    const late = await caughtError(() =>
      put(store, "image", dockerImage("base"), { ifGeneration: 1 }),
    );
    expect(late).toMatchObject({ code: "ABORTED", metadata: { generation: 2, if_generation: 1 } });
    const again = await caughtError(() =>
      put(store, "image", dockerImage("base"), { ifGeneration: 0 }),
    );
    expect(again.code).toBe("ABORTED");
    expect((await store.get("acme", "image", "base"))?.generation).toBe(2);
  });

  it("loses no concurrent write", async () => {
    await using subject = await open();
    const { store } = subject;
    const writes = Array.from({ length: 20 }, (_, index) =>
      put(store, "image", dockerImage("base", `ghcr.io/acme/agent:${index}`)),
    );
    const generations = (await Promise.all(writes)).map((record) => record.generation);
    expect(generations.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
    expect(await store.history("acme", "image", "base")).toHaveLength(20);
  });

  it("keeps kinds apart", async () => {
    await using subject = await open();
    const { store } = subject;
    await put(store, "image", dockerImage("same"));
    await put(store, "placement", dockerPlacement("same"));
    expect(await store.get("acme", "image", "same")).toHaveProperty("docker");
    expect(await store.get("acme", "placement", "same")).toHaveProperty("target");
    expect(await store.get("acme", "workspace", "same")).toBeNull();
  });
}

export function describeReferences(open: OpenStore): void {
  it("rejects references to records that do not exist, and names each", async () => {
    await using subject = await open();
    const { store } = subject;
    const fields = {
      ...workspace("dev", "base", "here"),
      environmentRef: "small",
      secretRefs: ["TOKEN"],
    };
    const error = await caughtError(() => put(store, "workspace", fields));
    expect(error).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "LINK_MISSING",
      metadata: {
        missing: [
          { kind: "image", name: "base" },
          { kind: "placement", name: "here" },
          { kind: "environment", name: "small" },
          { kind: "secret", name: "TOKEN" },
        ],
      },
    });
    expect(error.message).toBe(
      "workspace dev refers to records that do not exist: image base, placement here, environment small, secret TOKEN",
    );
    expect(await store.get("acme", "workspace", "dev")).toBeNull();
  });

  it("accepts references to existing and to built-in records", async () => {
    await using subject = await open();
    const { store } = subject;
    await put(store, "machine-type", {
      ...dockerMachineType("m"),
      spec: { aws: { instanceType: "m7i.large" } },
    });
    const fields = {
      name: "e",
      substrate: "AWS",
      machineTypeRef: "m",
      diskTypeRef: "slipway-gp3",
    } as const;
    expect(await put(store, "environment", fields)).toMatchObject(fields);
  });

  it.each([
    [
      { substrate: "AWS", machineTypeRef: "m" },
      "environment e is for AWS, but machine-type m is for DOCKER",
    ],
    [
      { substrate: "DOCKER", machineTypeRef: "m", diskTypeRef: "slipway-pd-ssd" },
      "environment e is for DOCKER, but disk-type slipway-pd-ssd is for GCP",
    ],
  ] as const)(
    "rejects an environment with parts for another substrate: %j",
    async (parts, message) => {
      await using subject = await open();
      await put(subject.store, "machine-type", dockerMachineType("m"));
      const error = await caughtError(() =>
        put(subject.store, "environment", { name: "e", ...parts }),
      );
      expect(error).toMatchObject({
        code: "FAILED_PRECONDITION",
        reason: "SUBSTRATE_MISMATCH",
        message,
      });
    },
  );

  it("reads a record with all records that it refers to", async () => {
    await using subject = await open();
    const { store } = subject;
    await put(store, "image", dockerImage("base"));
    await put(store, "placement", dockerPlacement("here"));
    await put(store, "machine-type", dockerMachineType("m"));
    await put(store, "environment", environment("small", "m"));
    await put(store, "image", dockerImage("other"));
    await put(store, "workspace", { ...workspace("dev", "base", "here"), environmentRef: "small" });
    const linked = await store.linked("acme", { kind: "workspace", name: "dev" });
    expect(linked.find("workspace", "dev")?.generation).toBe(1);
    expect(linked.find("image", "base")?.name).toBe("base");
    expect(linked.find("placement", "here")?.name).toBe("here");
    expect(linked.find("environment", "small")?.name).toBe("small");
    expect(linked.find("machine-type", "m")?.name).toBe("m");
    expect(linked.find("image", "other")).toBeNull();
    const nothing = await store.linked("acme", { kind: "workspace", name: "none" });
    expect(nothing.find("workspace", "none")).toBeNull();
  });
}
