import { describe, expect, it, vi } from "vitest";
import { createFakeAdapter } from "../../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";
import { openAssembled, PINNED, REFERENCE } from "../../support/assembled.ts";

/** Slipway whose adapter opens when the test says so, so that a resolution stays in progress until then. */
async function openGated() {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const adapter = createFakeAdapter({
    clock: createFakeClock(),
    images: [{ reference: REFERENCE, artifact: PINNED, architecture: "amd64" }],
    places: [{ place: "local" }],
  });
  const openAdapter = vi.fn(async () => {
    await gate;
    return adapter;
  });
  return { here: await openAssembled({}, { openAdapter }), openAdapter, adapter, open };
}

describe("concurrent resolutions of one workspace", () => {
  it("are shared; a later one is separate", async () => {
    const gated = await openGated();
    await using here = gated.here;
    const first = here.slipway.resolveWorkspace("agent-dev");
    await vi.waitUntil(() => gated.openAdapter.mock.calls.length === 1);
    const later = [1, 2].map(() => here.slipway.resolveWorkspace("agent-dev"));
    gated.open();
    const plan = await first;
    for (const one of await Promise.all(later)) expect(one).toBe(plan);
    expect(gated.adapter.calls.inspectImage).toBe(1);
    expect(await here.slipway.resolveWorkspace("agent-dev")).not.toBe(plan);
    expect(await here.slipway.resolveWorkspace("agent-dev", { offline: true })).toMatchObject({
      artifact: { pinned: false },
    });
  });

  it("see every record written before they were requested", async () => {
    const gated = await openGated();
    await using here = gated.here;
    const before = here.slipway.resolveWorkspace("agent-dev");
    await vi.waitUntil(() => gated.openAdapter.mock.calls.length === 1);
    await here.catalog.patch("workspace", "agent-dev", { boot_document: "none" });
    const after = here.slipway.resolveWorkspace("agent-dev");
    gated.open();
    const generation = (plan: Awaited<typeof before>) =>
      plan.records.find(({ kind }) => kind === "workspace")?.generation;
    expect([generation(await before), generation(await after)]).toEqual([1, 2]);
  });

  it("do not fail because of a mistake fixed before they were requested", async () => {
    const gated = await openGated();
    await using here = gated.here;
    await here.catalog.patch("image", "agent", { "docker.image_ref": "registry.example/gone:v2" });
    const before = here.slipway.resolveWorkspace("agent-dev");
    await vi.waitUntil(() => gated.openAdapter.mock.calls.length === 1);
    await here.catalog.patch("image", "agent", { "docker.image_ref": REFERENCE });
    const after = here.slipway.resolveWorkspace("agent-dev");
    gated.open();
    await expect(before).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
    expect(await after).toMatchObject({ artifact: { id: PINNED } });
  });

  it("continue for the other callers when one gives up", async () => {
    const gated = await openGated();
    await using here = gated.here;
    const impatient = new AbortController();
    const { signal } = impatient;
    const leaving = here.slipway.resolveWorkspace("agent-dev", { signal });
    const staying = here.slipway.resolveWorkspace("agent-dev");
    impatient.abort();
    await expect(leaving).rejects.toMatchObject({ code: "CANCELLED" });
    gated.open();
    expect(await staying).toMatchObject({ workspace: "agent-dev" });
  });
});
