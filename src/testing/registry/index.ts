export {
  type Content,
  type DocumentFields,
  type MediaTypeFamily,
  MEDIA_TYPES,
  sha256Digest,
} from "./content.ts";
export {
  type BuiltImage,
  type BuiltIndex,
  type BuiltLayer,
  type ImageOptions,
  type ImagePlatform,
  type LayerCompression,
  buildImage,
  buildIndex,
  buildLayer,
} from "./image-builder.ts";
export type { TinyArchitecture } from "./machine-code.ts";
export type { LayerEntry } from "./tar.ts";
export {
  type TinyImageOptions,
  type TinyProgramOptions,
  tinyImage,
  tinyMultiPlatformImage,
  tinyProgram,
} from "./tiny-program.ts";
