import { numericId } from "./ids.ts";
import type { Architecture, DeprecationState, Image, ImageState } from "./records.ts";

/** An image as described by a test. */
export interface ImageOptions {
  readonly name: string;
  /** Default: derived from the project, the name and the time of creation. */
  readonly id?: string;
  readonly description?: string;
  readonly family?: string;
  /** Null for an image without an architecture. Default `X86_64`. */
  readonly architecture?: Architecture | null;
  /** Default 10. */
  readonly diskSizeGb?: number;
  /** Milliseconds since 1970. Default: now. */
  readonly createdAt?: number;
  /** Default `READY`. */
  readonly status?: ImageState;
  readonly deprecated?: { readonly state: DeprecationState; readonly replacement?: string };
  /** Partial links. */
  readonly licenses?: readonly string[];
  readonly guestOsFeatures?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

export function makeImage(project: string, now: number, options: ImageOptions): Image {
  const { name, deprecated, architecture = "X86_64", createdAt = now } = options;
  const diskSizeGb = options.diskSizeGb ?? 10;
  return {
    id: options.id ?? numericId(project, "image", name, String(createdAt)),
    name,
    description: options.description ?? null,
    family: options.family ?? null,
    architecture,
    diskSizeGb,
    archiveSizeBytes: diskSizeGb * 100_000_000,
    createdAt,
    history: [{ at: 0, state: options.status ?? "READY" }],
    goneAt: null,
    deprecation:
      deprecated === undefined
        ? null
        : {
            state: deprecated.state,
            replacement: deprecated.replacement ?? null,
            deprecated: null,
            obsolete: null,
            deleted: null,
          },
    licenses: [...(options.licenses ?? [])],
    guestOsFeatures: [...(options.guestOsFeatures ?? [])],
    labels: { ...options.labels },
    source: { kind: "raw", link: "", id: null },
  };
}

const BOOKWORM_FEATURES = [
  "UEFI_COMPATIBLE",
  "VIRTIO_SCSI_MULTIQUEUE",
  "GVNIC",
  "SEV_CAPABLE",
  "IDPF",
];
const ARM_FEATURES = ["UEFI_COMPATIBLE", "VIRTIO_SCSI_MULTIQUEUE", "GVNIC"];

/**
 * The images of every project: a family for each architecture, with one DEPRECATED image among them, and a family
 * whose only image is OBSOLETE.
 */
export function builtInImages(project: string): readonly Image[] {
  const link = (name: string): string => `projects/${project}/global/images/${name}`;
  const bookworm = {
    description: "Debian, Debian GNU/Linux, 12 (bookworm), of the fake",
    licenses: ["projects/debian-cloud/global/licenses/debian-12-bookworm"],
  };
  const options: readonly ImageOptions[] = [
    {
      ...bookworm,
      name: "debian-12-bookworm-v20251111",
      family: "debian-12",
      createdAt: Date.UTC(2025, 10, 11),
      guestOsFeatures: BOOKWORM_FEATURES,
    },
    {
      ...bookworm,
      name: "debian-12-bookworm-v20251014",
      family: "debian-12",
      createdAt: Date.UTC(2025, 9, 14),
      guestOsFeatures: BOOKWORM_FEATURES,
      deprecated: { state: "DEPRECATED", replacement: link("debian-12-bookworm-v20251111") },
    },
    {
      ...bookworm,
      name: "debian-12-bookworm-arm64-v20251111",
      family: "debian-12-arm64",
      architecture: "ARM64",
      createdAt: Date.UTC(2025, 10, 11),
      guestOsFeatures: ARM_FEATURES,
    },
    {
      name: "debian-11-bullseye-v20240815",
      description: "Debian, Debian GNU/Linux, 11 (bullseye), of the fake",
      family: "debian-11",
      createdAt: Date.UTC(2024, 7, 15),
      licenses: ["projects/debian-cloud/global/licenses/debian-11-bullseye"],
      deprecated: { state: "OBSOLETE", replacement: link("debian-12-bookworm-v20251111") },
    },
  ];
  return options.map((one) => makeImage(project, 0, one));
}
