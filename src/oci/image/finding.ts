import type { ErrorReason } from "../../errors.ts";

/** Engines that refuse an image that others run. */
export type EngineKind =
  /** Docker with its classic image store, which keeps layers in a graph driver. */
  | "docker-graph-driver"
  /** Docker with containerd's image store, the default since Docker 29. */
  | "docker-containerd"
  /** Docker before 23.0. */
  | "docker-before-23"
  | "podman";

/** The part of an image that a finding is about. */
export type FindingSubject = "manifest" | "platform" | "config" | "layers" | "command";

/** A departure of an image from its specification. */
export interface ImageFinding {
  readonly subject: FindingSubject;
  /** One line, with the path of the member. */
  readonly message: string;
  /** Engines that are known to refuse such an image. */
  readonly refusedBy: readonly EngineKind[];
  /** Set if no engine can run the image. */
  readonly obstacle: { readonly reason: ErrorReason; readonly remedy: string } | null;
}

/** Docker's engine, however it stores images. */
export const EVERY_DOCKER: readonly EngineKind[] = ["docker-graph-driver", "docker-containerd"];

export const EVERY_ENGINE: readonly EngineKind[] = [...EVERY_DOCKER, "podman"];

const MOST_FINDINGS = 20;

export function deviation(
  subject: FindingSubject,
  message: string,
  refusedBy: readonly EngineKind[] = [],
): ImageFinding {
  return { subject, message, refusedBy, obstacle: null };
}

export function obstacle(
  subject: FindingSubject,
  message: string,
  { reason, remedy }: { readonly reason: ErrorReason; readonly remedy: string },
): ImageFinding {
  return { subject, message, refusedBy: EVERY_DOCKER, obstacle: { reason, remedy } };
}

/** Keeps a hostile document from producing a finding per byte. What stops a launch comes first. */
export function boundFindings(findings: readonly ImageFinding[]): readonly ImageFinding[] {
  const weight = (finding: ImageFinding): number =>
    finding.obstacle === null ? Number(finding.refusedBy.length === 0) : -1;
  if (findings.length <= MOST_FINDINGS) return findings;
  const kept = findings
    .toSorted((one, other) => weight(one) - weight(other))
    .slice(0, MOST_FINDINGS);
  return [...kept, deviation("config", `${findings.length - MOST_FINDINGS} more findings`)];
}
