import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SubstrateAdapter } from "../../src/substrate/contract.ts";
import {
  buildImage,
  type BuiltImage,
  startRegistry,
  type TestRegistry,
  tinyImage,
} from "../../testing/registry/index.ts";
import { adapterOf, resolveOn } from "../support/docker-subject.ts";
import { engineRuns } from "../support/engine-client.ts";
import { describeWithPodman } from "../support/peers.ts";
import { startPodman, type PodmanEngine } from "../support/podman.ts";

const COMMAND = { Entrypoint: ["/machine"] };
const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
const DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";

interface Odd {
  readonly mediaTypes?: "oci" | "docker";
  readonly execution?: object;
  readonly top?: object;
  /** Media type of the configuration, or of each layer. */
  readonly config?: string;
  readonly layers?: string;
}

/** The tiny image with other members in its configuration, or with other media types in its manifest. */
function odd({ mediaTypes = "oci", execution, top, config, layers }: Odd): BuiltImage {
  const { platform, layers: blobs } = tinyImage("amd64");
  const members = JSON.parse(JSON.stringify({ config: { ...COMMAND, ...execution }, ...top }));
  const plain = buildImage({ platform, layers: blobs, mediaTypes, overrides: { config: members } });
  const document = JSON.parse(Buffer.from(plain.manifest.bytes).toString("utf8"));
  const manifest = {
    config: { ...document.config, ...(config === undefined ? {} : { mediaType: config }) },
    layers: document.layers.map((layer: object) => ({
      ...layer,
      ...(layers === undefined ? {} : { mediaType: layers }),
    })),
  };
  return buildImage({
    platform,
    layers: blobs,
    mediaTypes,
    overrides: { config: members, manifest },
  });
}

describeWithPodman("images that depart from the specification, on Podman", (peer) => {
  const stack = new AsyncDisposableStack();
  let podman: PodmanEngine;
  let adapter: SubstrateAdapter;
  let registry: TestRegistry;
  beforeAll(async () => {
    podman = stack.use(await startPodman(peer));
    registry = stack.use(await startRegistry());
    adapter = adapterOf(podman);
    stack.defer(() => adapter.close());
  }, 60_000);
  afterAll(() => stack.disposeAsync());

  it.each<[string, BuiltImage, boolean]>([
    ["Docker's configuration in OCI's manifest", odd({ config: DOCKER_CONFIG }), false],
    ["a generic configuration in OCI's manifest", odd({ config: "application/json" }), false],
    [
      "OCI's layers in Docker's manifest",
      odd({ mediaTypes: "docker", layers: "application/vnd.oci.image.layer.v1.tar+gzip" }),
      false,
    ],
    ["an empty date", odd({ top: { created: "" } }), false],
    ["a builder that is a number", odd({ top: { docker_version: 5 } }), false],
    ["a terminal that is text", odd({ execution: { Tty: "true" } }), false],
    ["text for a command", odd({ execution: { Cmd: "/machine" } }), false],
    ["more steps than layers", odd({ top: { history: [{}, {}, {}] } }), true],
    [
      "OCI's and generic types in Docker's manifest",
      odd({ mediaTypes: "docker", config: OCI_CONFIG }),
      true,
    ],
  ])("%s: the dry run knows whether Podman runs it", async (_what, image, runs) => {
    const added = registry.add(`team/odd-${randomUUID()}`, "1", image);
    const failure = await resolutionOf(adapter, added.reference);
    expect(failure === "").toBe(runs);
    expect(failure.includes("image.store")).toBe(!runs);
    expect(await engineRuns(podman, added.pinned)).toBe(runs);
  });

  it.each(["application/json", "application/vnd.docker.distribution.manifest.v2+json"])(
    "a manifest of OCI's format that is sent as %s",
    async (type) => {
      const added = registry.add(`team/odd-${randomUUID()}`, "1", odd({}));
      const sent = registry.fault({
        fault: { kind: "headers", headers: { "Content-Type": type } },
        target: "manifest",
      });
      expect(await resolutionOf(adapter, added.reference)).toContain("image.store");
      expect(await engineRuns(podman, added.pinned)).toBe(false);
      sent.remove();
    },
  );
});

/** The message of a failed resolution, or an empty string. */
async function resolutionOf(adapter: SubstrateAdapter, imageRef: string): Promise<string> {
  try {
    await resolveOn(adapter, { imageRef });
    return "";
  } catch (caught) {
    return String(caught);
  }
}
