import { describe, expect, it, vi } from "vitest";
import { cacheAdapters } from "../../../src/slipway/adapter-cache.ts";
import type { DockerTarget } from "../../../src/plan/plan.ts";
import { createFakeAdapter } from "../../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";

const target: DockerTarget = {
  substrate: "DOCKER",
  host: null,
  network: null,
  labels: {},
  platforms: [],
  publishAddress: "127.0.0.1",
};
const fake = () => createFakeAdapter({ clock: createFakeClock(), images: [] });

describe("cacheAdapters", () => {
  it("opens one adapter for one engine, even if the placements differ otherwise", async () => {
    const open = vi.fn(() => Promise.resolve(fake()));
    const { openAdapter } = cacheAdapters(open);
    const [first, second] = await Promise.all([
      openAdapter(target),
      openAdapter({ ...target, network: "other", labels: { a: "b" } }),
    ]);
    expect(second).toBe(first);
    expect(await openAdapter({ ...target, host: "tcp://127.0.0.1:1" })).not.toBe(first);
    expect(open).toHaveBeenCalledTimes(2);
  });

  it("does not cache a failure to open", async () => {
    const open = vi.fn(() => Promise.resolve(fake()));
    open.mockRejectedValueOnce(new Error("down"));
    const { openAdapter } = cacheAdapters(open);
    await expect(openAdapter(target)).rejects.toThrow("down");
    await expect(openAdapter(target)).resolves.toBeDefined();
  });

  it("closes every adapter that it opened", async () => {
    const adapter = fake();
    const { openAdapter, close } = cacheAdapters(() => Promise.resolve(adapter));
    await openAdapter(target);
    await close();
    expect(adapter.closed).toBe(true);
  });
});
