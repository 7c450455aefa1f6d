import { quote } from "../quote.ts";
import { deviation, type ImageFinding, obstacle } from "./finding.ts";
import { configTypeKind, layerCompression, layerTypeKind } from "./media-types.ts";

/** The members of a descriptor that decide how engines treat its content. */
interface ContentDescriptor {
  readonly mediaType: string;
  readonly urls?: readonly string[];
}

/** Docker's graph-driver store says "max depth exceeded" beyond this number. */
const MOST_LAYERS = 125;

/** Departures of a manifest's configuration descriptor. */
export function configFindings({ mediaType }: ContentDescriptor): readonly ImageFinding[] {
  if (configTypeKind(mediaType) === "known") return [];
  // https://github.com/moby/moby/issues/48361
  return [
    deviation(
      "manifest",
      `image manifest: config.mediaType: ${quote(mediaType)} is not an image configuration's`,
      ["docker-containerd"],
    ),
  ];
}

/** Departures of a manifest's layers, and layers that no engine can unpack. */
export function layerFindings(layers: readonly ContentDescriptor[]): readonly ImageFinding[] {
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
  return [...count, ...layers.flatMap(layerFinding)];
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
