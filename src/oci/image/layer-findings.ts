import { quote } from "../quote.ts";
import { deviation, type EngineKind, type ImageFinding, obstacle } from "./finding.ts";
import {
  configTypeKind,
  DOCKER_MANIFEST,
  isDockerLayer,
  layerCompression,
  layerTypeKind,
  OCI_CONFIG,
} from "./media-types.ts";

/** The members of a descriptor that decide how engines treat its content. */
interface ContentDescriptor {
  readonly mediaType: string;
  readonly urls?: readonly string[];
}

/** Docker's graph-driver store says "max depth exceeded" beyond this number. */
const MOST_LAYERS = 125;

/**
 * Departures of a manifest's configuration descriptor. Podman reads an OCI manifest with another type of configuration as
 * an artifact's: https://github.com/docker-library/official-images/issues/13983
 */
export function configFindings(
  { mediaType }: ContentDescriptor,
  manifestType: string,
): readonly ImageFinding[] {
  const isKnown = configTypeKind(mediaType) === "known";
  const isMixed = manifestType !== DOCKER_MANIFEST && mediaType.toLowerCase() !== OCI_CONFIG;
  if (isKnown && !isMixed) return [];
  const refusedBy: readonly EngineKind[] = [
    // https://github.com/moby/moby/issues/48361
    ...(isKnown ? [] : (["docker-containerd"] as const)),
    ...(isMixed ? (["podman"] as const) : []),
  ];
  const what = isKnown ? "not of the manifest's format, OCI" : "not an image configuration's";
  const message = `image manifest: config.mediaType: ${quote(mediaType)} is ${what}`;
  return [deviation("manifest", message, refusedBy)];
}

/** Departures of a manifest's layers, and layers that no engine can unpack. */
export function layerFindings(
  layers: readonly ContentDescriptor[],
  manifestType: string,
): readonly ImageFinding[] {
  const count =
    layers.length <= MOST_LAYERS
      ? []
      : [
          deviation(
            "layers",
            `the image has ${layers.length} layers, more than the ${MOST_LAYERS} that Docker's graph drivers stack`,
            ["docker-graph-driver"],
          ),
        ];
  return [
    ...count,
    ...layers.flatMap(layerFinding),
    ...(manifestType === DOCKER_MANIFEST ? layers.flatMap(formatFinding) : []),
  ];
}

/** Podman refuses layers of another format in Docker's: https://github.com/containers/image/issues/2972 */
function formatFinding({ mediaType }: ContentDescriptor, index: number): readonly ImageFinding[] {
  const kind = layerTypeKind(mediaType);
  const isUsable = kind === "known" || kind === "generic";
  if (!isUsable || isDockerLayer(mediaType.toLowerCase())) return [];
  const message = `layer ${index + 1} has the media type ${quote(mediaType)}, which is not of the manifest's format, Docker's`;
  return [deviation("layers", message, ["podman"])];
}

function layerFinding(
  { mediaType, urls }: ContentDescriptor,
  index: number,
): readonly ImageFinding[] {
  const layer = `layer ${index + 1} has the media type ${quote(mediaType)}`;
  const reason = "MEDIA_TYPE_UNSUPPORTED";
  switch (layerTypeKind(mediaType)) {
    case "known":
      if (layerCompression(mediaType.toLowerCase()) !== "zstd") return [];
      return [deviation("layers", `${layer}: Docker reads zstd since 23.0`, ["docker-before-23"])];
    case "encrypted":
      return [
        obstacle("layers", `${layer}: it is encrypted, and Docker engines cannot decrypt layers`, {
          reason,
          remedy: "Push the image without encryption.",
        }),
      ];
    case "foreign":
      return [
        obstacle(
          "layers",
          `${layer}: its content is outside of the registry${urls === undefined ? "" : ` (${quote(urls[0])})`}, and engines on Linux do not fetch it`,
          { reason, remedy: "Build the image on a base whose layers may be distributed." },
        ),
      ];
    case "generic":
      return [deviation("layers", `${layer}, which is not a layer's`, ["docker-containerd"])];
    case "unknown":
      return [
        obstacle("layers", `${layer}, which no engine can unpack`, {
          reason,
          remedy: "Push a container image, with layers that are tar archives.",
        }),
      ];
  }
}
