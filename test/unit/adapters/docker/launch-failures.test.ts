import { describe, expect, it } from "vitest";
import { adapterOf } from "../../../support/docker-subject.ts";
import {
  CREATE,
  START,
  INSPECT,
  INSPECT_BY_NAME,
  REMOVE,
  created,
  done,
  running,
  gone,
  hangUp,
  conflict,
  refusing,
  errorOf,
  launchOn,
  useRegistry,
} from "../../../support/docker-launches.ts";

const { launchWith } = useRegistry();

describe("launch", () => {
  describe("when an answer is lost", () => {
    it.each([
      ["create", { [CREATE]: [hangUp] }],
      ["start", { [CREATE]: [created], [START]: [hangUp] }],
      ["inspect", { [CREATE]: [created], [START]: [done], [INSPECT]: [hangUp] }],
      ["the look at a taken name", { [CREATE]: [conflict], [INSPECT_BY_NAME]: [hangUp] }],
      ["create, by a proxy", { [CREATE]: [refusing(502, "bad gateway")] }],
      ["start, by a proxy", { [CREATE]: [created], [START]: [refusing(504, "late")] }],
    ] as const)("%s: it is unknown whether there is a machine", async (_what, routes) => {
      const { outcome } = await launchOn(routes, launchWith());
      expect(outcome.outcome).toBe("unknown");
      expect(errorOf(outcome)).toMatchObject({
        code: "UNAVAILABLE",
        reason: "ENGINE_UNAVAILABLE",
        retry: "same-token",
      });
    });

    it("is rejected where the engine was never reached", async () => {
      const adapter = adapterOf({ host: "unix:///nonexistent/engine.sock" });
      const [outcome] = await adapter.launch(launchWith(), new AbortController().signal);
      await adapter.close();
      expect(outcome).toMatchObject({
        outcome: "rejected",
        error: { reason: "ENGINE_UNAVAILABLE", retry: "same-token" },
      });
    });
  });

  it.each([[null], [[]], ["created"], [{ Id: 7 }]])(
    "is rejected where the engine answers to create with %j",
    async (answer) => {
      const { outcome } = await launchOn(
        { [CREATE]: [({ reply }) => reply(201, answer)] },
        launchWith(),
      );
      expect(outcome).toMatchObject({
        outcome: "rejected",
        error: { reason: "ENGINE_UNSUPPORTED" },
      });
    },
  );

  it("does not pull the image for a 404 about a volume plugin", async () => {
    const words = 'create cache: error looking up volume plugin nfs: plugin "nfs" not found';
    const { outcome, requests } = await launchOn(
      { [CREATE]: [refusing(404, words)] },
      launchWith(),
    );
    expect(errorOf(outcome)).toMatchObject({ reason: "HOST_RESOURCE_NOT_FOUND" });
    expect(requests).toEqual([CREATE]);
  });

  describe("when a container cannot be started", () => {
    const NO_COMMAND = refusing(
      400,
      'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "x": executable file not found in $PATH: unknown',
    );

    it("removes it, not by force and with its volumes, and says why", async () => {
      const queries: unknown[] = [];
      const { outcome, requests } = await launchOn(
        {
          [CREATE]: [created],
          [START]: [NO_COMMAND],
          [REMOVE]: [
            ({ query, reply }) => {
              queries.push(query);
              reply(204);
            },
          ],
        },
        launchWith(),
      );
      expect(requests).toEqual([CREATE, START, REMOVE]);
      expect(queries).toEqual([{ force: "false", v: "true" }]);
      expect(outcome).toMatchObject({
        outcome: "rejected",
        error: { reason: "MACHINE_NOT_STARTED", blastRadius: "image", retry: "never" },
      });
    });

    it("counts one that is gone as removed", async () => {
      const { outcome } = await launchOn(
        {
          [CREATE]: [created],
          [START]: [NO_COMMAND],
          [REMOVE]: [gone],
        },
        launchWith(),
      );
      expect(errorOf(outcome)?.metadata).not.toHaveProperty("leftover_container");
    });

    it("names the one that could not be removed", async () => {
      const { outcome } = await launchOn(
        {
          [CREATE]: [created],
          [START]: [NO_COMMAND],
          [REMOVE]: [refusing(500, "device is busy")],
        },
        launchWith(),
      );
      expect(outcome.outcome).toBe("rejected");
      expect(errorOf(outcome)).toMatchObject({
        reason: "MACHINE_NOT_STARTED",
        metadata: { leftover_container: "c1" },
      });
      expect(errorOf(outcome)?.message).toContain("device is busy");
    });

    it("keeps a container that another process has started in the meantime", async () => {
      const { outcome } = await launchOn(
        {
          [CREATE]: [created],
          [START]: [NO_COMMAND],
          [REMOVE]: [refusing(409, "You cannot remove a running container")],
          [INSPECT]: [running],
        },
        launchWith(),
      );
      expect(outcome).toMatchObject({ outcome: "accepted", machine: { state: "running" } });
    });
  });
});
