import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { refusalFinder } from "../../../../../adapters/docker/launch/clarify-refusal.ts";
import { parseReference } from "../../../../../src/oci/reference.ts";
import { startRegistry, tinyImage } from "../../../../../testing/registry/index.ts";
import type { FaultRule, TestRegistry } from "../../../../../testing/registry/index.ts";
import { forever, testClient } from "../../../oci/support/client.ts";

describe("refusalFinder", () => {
  const content = Buffer.alloc(100_000, "x");
  const image = tinyImage("amd64", { files: [{ type: "file", path: "ballast", content }] });
  const [layer] = image.layers;
  let registry: TestRegistry;
  let pinned: string;
  beforeEach(async () => {
    registry = await startRegistry();
    ({ pinned } = registry.add("team/app", "1", image));
  });
  afterEach(() => registry.close());

  async function find(rule?: FaultRule) {
    if (rule !== undefined) registry.fault(rule);
    using client = testClient();
    return await refusalFinder(client)({
      reference: parseReference(pinned),
      credential: null,
      signal: forever,
    });
  }

  const limit = { kind: "status", status: 429 } as const;
  it.each<[string, FaultRule, string]>([
    ["the manifest", { fault: limit, target: "manifest" }, "REGISTRY_RATE_LIMITED"],
    [
      "the configuration",
      { fault: { kind: "status", status: 403, code: "DENIED" }, reference: image.config.digest },
      "REGISTRY_PERMISSION_DENIED",
    ],
    [
      "a layer",
      { fault: { kind: "status", status: 412 }, reference: layer?.digest ?? "" },
      "REGISTRY_REFUSED",
    ],
    [
      "a layer for now",
      { fault: { kind: "status", status: 503 }, reference: layer?.digest ?? "" },
      "REGISTRY_UNAVAILABLE",
    ],
  ])("finds the refusal of %s", async (_what, rule, reason) => {
    expect(await find(rule)).toMatchObject({ reason });
  });

  it("asks for each part once if all are served", async () => {
    expect(await find()).toBe("served");
    expect(registry.requests).toHaveLength(1 + image.blobs.size);
  });

  it("knows nothing of a registry that does not answer", async () => {
    expect(await find({ fault: { kind: "reset" } })).toBe("unknown");
  });
});
