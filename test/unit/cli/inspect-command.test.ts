import { describe, expect, it, vi } from "vitest";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway } from "./support/fake-slipway.ts";

describe("inspect", () => {
  const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
  const reference = { registry: "docker.io", repository: "library/busybox", tag: "1" };
  const inspectImage = vi.fn<Slipway["inspectImage"]>().mockResolvedValue({
    requested: reference,
    pinned: { ...reference, digest: digest("b") },
    floating: true,
    indexDigest: digest("a"),
    manifestDigest: digest("b"),
    manifest: {
      kind: "manifest",
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        digest: digest("c"),
        size: 2,
      },
      layers: [],
      findings: [],
    },
    platform: { os: "linux", architecture: "arm64", variant: "v8" },
    statesPlatform: true,
    findings: [],
    imageId: digest("c"),
    diffIds: [digest("d")],
    chainIds: [digest("d")],
    config: {
      architecture: "arm64",
      os: "linux",
      rootfs: { type: "layers", diff_ids: [digest("d")] },
      config: { Env: ["A=b"], ExposedPorts: { "80/tcp": {} } },
    },
    size: 100,
  });
  const slipway = fakeSlipway({ inspectImage });

  it("prints what the registry reports, and keeps the configuration's field names", async () => {
    const flags = ["--platform", "linux/arm64", "--secret", "TOKEN", "--verify-layers"];
    const ran = await runInMemory(["inspect", "busybox:1", ...flags, "-o", "json"], { slipway });
    expect(inspectImage.mock.calls[0]).toMatchObject([
      "busybox:1",
      { platform: "linux/arm64", secret: "TOKEN", verifyLayers: true },
    ]);
    expect(JSON.parse(ran.stdout)).toEqual({
      reference: "docker.io/library/busybox:1",
      index_digest: digest("a"),
      manifest_digest: digest("b"),
      platform: "linux/arm64/v8",
      image_id: digest("c"),
      diff_ids: [digest("d")],
      chain_ids: [digest("d")],
      config: {
        architecture: "arm64",
        os: "linux",
        rootfs: { type: "layers", diff_ids: [digest("d")] },
        config: { Env: ["A=b"], ExposedPorts: { "80/tcp": {} } },
      },
      warnings: [],
    });
  });

  it("prints what departs from the specification: as members of JSON, else on standard error", async () => {
    const message = 'image configuration: config.Cmd: is spelled "cmd"';
    const findings = [{ subject: "config", message, refusedBy: [], obstacle: null }] as const;
    const inspection = await inspectImage("busybox:1");
    inspectImage.mockResolvedValueOnce({ ...inspection, findings });
    const json = await runInMemory(["inspect", "busybox:1", "-o", "json"], { slipway });
    expect(JSON.parse(json.stdout)).toMatchObject({ warnings: [message] });
    expect(json.stderr).toBe("");
    inspectImage.mockResolvedValueOnce({ ...inspection, findings });
    const table = await runInMemory(["inspect", "busybox:1", "-o", "table"], { slipway });
    expect(table.stderr).toBe(`slipway: warning: ${message}\n`);
  });

  it("prints a table for people", async () => {
    const { stdout } = await runInMemory(["inspect", "busybox:1", "-o", "table"], { slipway });
    expect(stdout).toContain(`IMAGE ID   ${digest("c")}\n`);
    expect(stdout).toContain(`0      ${digest("d")}\n`);
  });
});
