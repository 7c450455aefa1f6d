export type { RegistryUser, RegistryUsers } from "./access.ts";
export type { Authentication as RegistryAuthentication, RegistryAuth } from "./authorize.ts";
export { type CertificateOptions, certificatePem, selfSignedCertificate } from "./certificate.ts";
export {
  type Content,
  type DocumentFields,
  type MediaTypeFamily,
  MEDIA_TYPES,
  sha256Digest,
} from "./content.ts";
export type { Fault, FaultRule } from "./faults.ts";
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
export {
  type PushCredential,
  type PushOptions,
  type PushedImage as Pushed,
  pushImage,
} from "./push.ts";
export type { RegistryRequest } from "./request-log.ts";
export {
  type AddedImage,
  type RegistryOptions,
  type TestRegistry,
  startRegistry,
} from "./server.ts";
export type { EntryOwnership as LayerEntryOwnership, LayerEntry } from "./tar.ts";
export { type TokenServer, type TokenServerOptions, startTokenServer } from "./token-server.ts";
export {
  type TinyImageOptions,
  type TinyProgramOptions,
  tinyImage,
  tinyMultiPlatformImage,
  tinyProgram,
} from "./tiny-program.ts";
export type { ProtocolErrorCode as RegistryErrorCode } from "./protocol.ts";
export type { Route as RegistryRoute, RouteTarget as RegistryRouteTarget } from "./routes.ts";
export type { ServingOptions as RegistryServingOptions } from "./serve.ts";
