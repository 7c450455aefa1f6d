import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { API_CALLS } from "../../adapters/gce/client/api-calls.ts";
import { connectGce } from "../../adapters/gce/adapter.ts";
import { UNPACED } from "../../src/pacing/rates.ts";
import { mayHaveHappened } from "../../adapters/gce/errors/errors.ts";
import { caughtError } from "../support/caught.ts";
import { gcpTarget } from "../support/gce-launches.ts";
import { gceScene, IMAGE, PROJECT, ZONE } from "../support/gce-scene.ts";
import type { GceScene } from "../support/gce-scene.ts";

const { signal } = new AbortController();
const image = { project: PROJECT, image: IMAGE };

let scene: GceScene;
let api: ReturnType<GceScene["connect"]>;
const pauses: number[] = [];
beforeEach(async () => {
  scene = await gceScene();
  pauses.length = 0;
  api = connect({ CLOUDSDK_AUTH_ACCESS_TOKEN: "token" });
});
afterEach(async () => {
  await api.close();
  await scene[Symbol.asyncDispose]();
});

function connect(environment: Readonly<Record<string, string>>, url = scene.gce.url) {
  return connectGce({
    home: "/nonexistent",
    now: () => Date.now(),
    target: gcpTarget(),
    environment: { CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${url}/compute/v1/`, ...environment },
    sleep: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
    pacing: { project: "project-1", pace: UNPACED, rates: {} },
  });
}

describe("the Compute Engine client", () => {
  it("reads with the configured token, and requests no other", async () => {
    expect(await api.image(image, signal)).toMatchObject({ name: IMAGE, status: "READY" });
    expect(scene.calls()).toEqual(["images.get"]);
  });

  it("reads every page of a list", async () => {
    for (let index = 0; index < 501; index += 1)
      scene.gce.addImage("many", { name: `image-${index}`, family: "many" });
    const found = await api.images({ project: "many", filter: "family = many" }, signal);
    expect(found).toHaveLength(501);
    expect(scene.calls()).toEqual(["images.list", "images.list"]);
  });

  it.each([
    { kind: "throttle" },
    { kind: "error", code: "backendError", status: 503 },
    { kind: "lost-reply" },
    { kind: "malformed-reply" },
  ] as const)("repeats a read after %j", async (fault) => {
    scene.gce.fault({ ...fault, action: "images.get", times: 2 });
    expect((await api.image(image, signal)).name).toBe(IMAGE);
    expect(pauses).toEqual([250, 500]);
  });

  it.each([
    [{ kind: "lost-reply" }, true],
    [{ kind: "malformed-reply" }, true],
    [{ kind: "error", code: "internalError", status: 500 }, true],
    [{ kind: "throttle" }, false],
    [{ kind: "error", code: "conditionNotMet", status: 412 }, false],
  ] as const)(
    "sends a deletion once, and after %j it may have taken effect: %s",
    async (fault, may) => {
      scene.gce.fault({ ...fault, action: "instances.delete" });
      const deletion = api.deleteInstance(
        { project: PROJECT, zone: ZONE, instance: "none" },
        signal,
      );
      const thrown: unknown = await deletion.catch((caught: unknown) => caught);
      const isThere = fault.kind === "lost-reply" || fault.kind === "malformed-reply";
      // The deletion of a missing resource is rejected before its reply can be lost.
      expect(mayHaveHappened(thrown)).toBe(may && !isThere);
      expect(scene.calls()).toEqual(["instances.delete"]);
      expect(pauses).toEqual([]);
    },
  );

  it("stops a call in progress, and closes its connection", async () => {
    const controller = new AbortController();
    const slow = scene.gce.fault({ kind: "slow-reply", action: "images.get" });
    const reading = api.image(image, controller.signal);
    const cancelled = caughtError(() => reading);
    controller.abort();
    expect(await cancelled).toMatchObject({ code: "CANCELLED" });
    slow.remove();
  });

  it("reports an expired token as invalid credentials", async () => {
    scene.gce.fault({ kind: "expired-credentials" });
    await expect(api.image(image, signal)).rejects.toMatchObject({
      status: 401,
      codes: ["authError"],
    });
  });

  it("lists each of its calls in the list that determines the roles", () => {
    const methods = API_CALLS.map(({ method }) => method);
    expect(methods).toEqual([...new Set(methods)]);
    for (const { permissions } of API_CALLS)
      for (const permission of permissions)
        expect(permission).toMatch(/^(?:compute|iam)\.\w+\.\w+$/);
    const changing = API_CALLS.filter(({ changes }) => changes === true);
    expect(changing.map(({ method }) => method)).toEqual([
      "instances.insert",
      "instances.bulkInsert",
      "instances.delete",
    ]);
    expect(changing.every(({ role }) => role === "launcher")).toBe(true);
  });

  it("reports an invalid endpoint at the first call", async () => {
    const lost = connect({ CLOUDSDK_AUTH_ACCESS_TOKEN: "token" }, "ftp://nowhere");
    const error = await caughtError(() => lost.image(image, signal));
    expect(error.reason).toBe("CLOUD_ENDPOINT_INVALID");
  });
});
