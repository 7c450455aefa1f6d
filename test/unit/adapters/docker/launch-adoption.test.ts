import { describe, expect, it } from "vitest";
import { SecretValue } from "../../../../src/secret-value.ts";
import {
  CREATE,
  START,
  INSPECT,
  INSPECT_BY_NAME,
  REMOVE,
  CREDENTIAL,
  OURS,
  created,
  done,
  running,
  gone,
  conflict,
  found,
  errorOf,
  launchOn,
  refusing,
  NAME,
  useRegistry,
} from "../../../support/docker-launches.ts";

const { launchWith } = useRegistry();

describe("launch", () => {
  describe("when the name is taken", () => {
    it.each([
      ["running", [CREATE, INSPECT_BY_NAME], "running"],
      ["paused", [CREATE, INSPECT_BY_NAME], "stopped"],
      ["exited", [CREATE, INSPECT_BY_NAME], "ended"],
      ["created", [CREATE, INSPECT_BY_NAME, START, INSPECT], "running"],
    ])("takes over its own container that is %s", async (status, calls, state) => {
      const { outcome, requests } = await launchOn(
        {
          [CREATE]: [conflict],
          [INSPECT_BY_NAME]: [found(status)],
          [START]: [done],
          [INSPECT]: [running],
        },
        launchWith(),
      );
      expect(requests).toEqual(calls);
      expect(outcome).toMatchObject({ outcome: "accepted", machine: { id: "c1", state } });
    });

    it("takes over its own container when Podman answers 500 to the name", async () => {
      const words = `container create: creating container storage: the container name "${NAME}" is already in use by 3aa5. You have to remove that container to be able to reuse that name: that name is already in use`;
      const { outcome } = await launchOn(
        { [CREATE]: [refusing(500, words)], [INSPECT_BY_NAME]: [found("running")] },
        launchWith(),
      );
      expect(outcome).toMatchObject({ outcome: "accepted", machine: { id: "c1" } });
    });

    it("adopts a container that another process has just started", async () => {
      const { outcome } = await launchOn(
        {
          [CREATE]: [conflict],
          [INSPECT_BY_NAME]: [found("created")],
          [START]: [({ reply }) => reply(304)],
          [INSPECT]: [running],
        },
        launchWith(),
      );
      expect(outcome.outcome).toBe("accepted");
    });

    it.each([
      ["nobody's labels", {}],
      ["another ledger's", { ...OURS, "dev.slipway.owner": "ledger-2" }],
      ["another launch's", { ...OURS, "dev.slipway.launch": "ffff" }],
      ["another spawn's", { ...OURS, "dev.slipway.spawn": "spawn-2" }],
    ])("refuses a container with %s", async (_whose, labels) => {
      const { outcome } = await launchOn(
        {
          [CREATE]: [conflict],
          [INSPECT_BY_NAME]: [found("running", labels)],
        },
        launchWith(),
      );
      expect(outcome).toMatchObject({
        outcome: "rejected",
        error: { code: "ALREADY_EXISTS", reason: "NAME_CLASH" },
      });
    });

    it("creates again once the name has been released", async () => {
      const { outcome, requests } = await launchOn(
        {
          [CREATE]: [conflict, created],
          [INSPECT_BY_NAME]: [gone],
          [START]: [done],
          [INSPECT]: [running],
        },
        launchWith(),
      );
      expect(requests).toEqual([CREATE, INSPECT_BY_NAME, CREATE, START, INSPECT]);
      expect(outcome.outcome).toBe("accepted");
    });

    it("waits for the one that another process is still making", async () => {
      const still = Array.from({ length: 20 }, () => gone);
      const { outcome } = await launchOn(
        { [CREATE]: [conflict], [INSPECT_BY_NAME]: [gone, ...still, found("running")] },
        launchWith(),
      );
      expect(outcome).toMatchObject({ outcome: "accepted" });
    });

    it("gives up, without knowing, where it is taken and free in turn", async () => {
      const { outcome } = await launchOn(
        { [CREATE]: [conflict], [INSPECT_BY_NAME]: [gone] },
        launchWith(),
      );
      expect(outcome).toMatchObject({
        outcome: "unknown",
        error: { code: "ABORTED", retry: "same-token" },
      });
    });

    it("reports an unknown outcome while the container is being removed", async () => {
      const { outcome } = await launchOn(
        {
          [CREATE]: [conflict],
          [INSPECT_BY_NAME]: [found("removing")],
        },
        launchWith(),
      );
      expect(outcome).toMatchObject({ outcome: "unknown", error: { retry: "same-token" } });
    });
  });

  describe("when the registry does not accept the credential", () => {
    const WRONG = { credential: { ...CREDENTIAL, password: new SecretValue("wrong") } };

    it("makes nothing, although the engine may have the image", async () => {
      const { outcome, requests } = await launchOn(
        { [INSPECT_BY_NAME]: [gone] },
        launchWith(WRONG),
      );
      expect(requests).toEqual([INSPECT_BY_NAME]);
      expect(outcome).toMatchObject({
        outcome: "rejected",
        error: { code: "UNAUTHENTICATED", reason: "REGISTRY_UNAUTHENTICATED" },
      });
    });

    it("lets stand what an earlier try of the launch has started", async () => {
      const { outcome } = await launchOn(
        { [INSPECT_BY_NAME]: [found("running")] },
        launchWith(WRONG),
      );
      expect(outcome).toMatchObject({ outcome: "accepted", machine: { id: "c1" } });
    });

    it("removes what an earlier try has made and not started", async () => {
      const { outcome, requests } = await launchOn(
        { [INSPECT_BY_NAME]: [found("created")], [REMOVE]: [done] },
        launchWith(WRONG),
      );
      expect(requests).toEqual([INSPECT_BY_NAME, REMOVE]);
      expect(errorOf(outcome)?.reason).toBe("REGISTRY_UNAUTHENTICATED");
    });

    it("does not touch a stranger's container of that name", async () => {
      const { outcome } = await launchOn(
        { [INSPECT_BY_NAME]: [found("created", {})] },
        launchWith(WRONG),
      );
      expect(errorOf(outcome)?.reason).toBe("REGISTRY_UNAUTHENTICATED");
    });
  });
});
