import { describe, expect, it } from "vitest";
import {
  infoReply,
  readReply,
  versionReply,
} from "../../../../../adapters/docker/client/replies.ts";
import {
  imageStoreChecks,
  podmanChecks,
} from "../../../../../adapters/docker/preflight/image-store-checks.ts";
import { DOCKER_MANIFEST, OCI_MANIFEST } from "../../../../../src/oci/image/media-types.ts";
import { infoAnswer, versionAnswer } from "../../../../support/fake-engine.ts";

const GRAPH = { Driver: "overlay2", DriverStatus: [["Backing Filesystem", "extfs"]] };
const CONTAINERD = {
  Driver: "overlayfs",
  DriverStatus: [["driver-type", "io.containerd.snapshotter.v1"]],
};

/** Outcomes of the checks of an image that these engines refuse. */
function judge(
  refusedBy: readonly string[],
  info: object,
  version: object = { Version: "28.0.4" },
) {
  const facts = {
    info: readReply(infoReply, infoAnswer(info), "itself"),
    version: readReply(versionReply, versionAnswer(version), "its version"),
    controllers: null,
  };
  return imageStoreChecks(facts, { refusals: [{ message: "it is odd", refused_by: refusedBy }] });
}

describe("podmanChecks", () => {
  const PODMAN = { Components: [{ Name: "Podman Engine" }] };
  const healthcheck = {
    test: ["CMD", "true"],
    interval: null,
    timeout: null,
    startPeriod: null,
    retries: null,
  };
  const PLAIN = { healthcheck: null, stopSignal: null };

  function outcomes(
    type: string,
    version: object,
    settings: Partial<Parameters<typeof podmanChecks>[2]>,
  ) {
    const facts = {
      info: readReply(infoReply, infoAnswer({}), "itself"),
      version: readReply(versionReply, versionAnswer(version), "its version"),
      controllers: null,
    };
    return podmanChecks(facts, { manifest_type: type }, { ...PLAIN, ...settings });
  }

  it("warn that Podman ignores the health check of an OCI image", () => {
    expect(outcomes(OCI_MANIFEST, PODMAN, { healthcheck })).toMatchObject([
      {
        name: "image.store",
        outcome: "warning",
        message: expect.stringContaining("Podman does not run the health check"),
      },
    ]);
  });

  it.each(["SIGNOPE", "99", "0", "SIGRTMIN+99"])("fail for the stop signal %s", (stopSignal) => {
    expect(outcomes(OCI_MANIFEST, PODMAN, { stopSignal })).toMatchObject([
      { name: "image.store", outcome: "failed", reason: "IMAGE_UNSUPPORTED", blastRadius: "zone" },
    ]);
    expect(outcomes(OCI_MANIFEST, {}, { stopSignal })).toEqual([]);
  });

  it.each(["SIGTERM", "sigint", "9", "WINCH", "SIGRTMIN+3", "RTMAX-14", "SIGRTMAX", ""])(
    "accept the stop signal %s",
    (stopSignal) => {
      expect(outcomes(OCI_MANIFEST, PODMAN, { stopSignal })).toEqual([]);
    },
  );

  it("say nothing about other images and engines", () => {
    expect(outcomes(DOCKER_MANIFEST, PODMAN, { healthcheck })).toEqual([]);
    expect(outcomes(OCI_MANIFEST, PODMAN, {})).toEqual([]);
    expect(outcomes(OCI_MANIFEST, {}, { healthcheck })).toEqual([]);
  });
});

describe("imageStoreChecks", () => {
  it.each<[string, readonly string[], object, object]>([
    ["a graph driver", ["docker-graph-driver"], GRAPH, {}],
    ["containerd's store", ["docker-containerd"], CONTAINERD, {}],
    ["any store", ["docker-graph-driver", "docker-containerd"], CONTAINERD, {}],
    ["an old engine", ["docker-before-23"], GRAPH, { Version: "20.10.24+dfsg1" }],
    ["Podman", ["podman"], GRAPH, { Components: [{ Name: "Podman Engine" }] }],
  ])("refuse what %s refuses", (_what, refusedBy, info, version) => {
    const checks = judge(refusedBy, info, { Version: "28.0.4", ...version });
    expect(checks).toMatchObject([
      {
        name: "image.store",
        outcome: "failed",
        code: "FAILED_PRECONDITION",
        reason: "IMAGE_UNSUPPORTED",
        message: expect.stringContaining("refuses the image: it is odd"),
      },
    ]);
  });

  it.each<[string, readonly string[], object, object]>([
    ["another store refuses", ["docker-containerd"], GRAPH, {}],
    ["an older engine refuses", ["docker-before-23"], GRAPH, { Version: "23.0.0" }],
    ["an engine that does not describe its store may refuse", ["docker-graph-driver"], {}, {}],
    [
      "Docker refuses, but not Podman",
      ["docker-graph-driver"],
      { ...GRAPH, Driver: "overlay" },
      { Components: [{ Name: "Podman Engine" }] },
    ],
  ])("pass what %s", (_what, refusedBy, info, version) => {
    const checks = judge(refusedBy, info, { Version: "28.0.4", ...version });
    expect(checks).toMatchObject([{ name: "image.store", outcome: "passed" }]);
  });

  it("say nothing about an image that no engine refuses", () => {
    const facts = {
      info: readReply(infoReply, infoAnswer(GRAPH), "itself"),
      version: readReply(versionReply, versionAnswer({}), "its version"),
      controllers: null,
    };
    expect(imageStoreChecks(facts, {})).toEqual([]);
    expect(imageStoreChecks(facts, { refusals: [] })).toEqual([]);
  });
});
