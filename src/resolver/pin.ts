import type { Architecture, Artifact, Check, FloatingRead } from "../plan/plan.ts";
import type {
  FloatingReference,
  ImageInspection,
  ImageSource,
  ImageTarget,
  SubstrateAdapter,
} from "../substrate/contract.ts";
import { isFailed } from "./checks-failure.ts";
import { failed, passed } from "../substrate/check.ts";

export interface PinRequest {
  readonly adapter: SubstrateAdapter;
  readonly image: ImageSource;
  readonly target: ImageTarget;
  /** The current time, RFC 3339; recorded as the time of the reads. */
  readonly at: string;
  readonly signal: AbortSignal;
}

export interface Pinned {
  readonly artifact: Artifact | null;
  readonly checks: readonly Check[];
  readonly floatingReads: readonly FloatingRead[];
  readonly sources: Readonly<Record<string, string>>;
  readonly facts: ImageInspection["facts"];
}

/** Looks up what the image reference currently means, and checks the architecture against the image record's. */
export async function pinImage(request: PinRequest): Promise<Pinned> {
  const { adapter, image, target, at, signal } = request;
  const { imageName, architecture } = target;
  const inspection = await adapter.inspectImage(image, target, signal);
  return {
    artifact: inspection.artifact,
    checks: [
      ...inspection.checks,
      // If the adapter has already rejected the artifact, a second finding about it would not help.
      ...(inspection.architecture === null || inspection.checks.some(isFailed)
        ? []
        : [artifactArchitecture(imageName, architecture, inspection.architecture)]),
    ],
    floatingReads: floatingReads(inspection.floating, at),
    sources: inspection.sources,
    facts: inspection.facts,
  };
}

export function floatingReads(
  references: readonly FloatingReference[],
  at: string,
): readonly FloatingRead[] {
  return references.map((reference) => ({ ...reference, readAt: at }));
}

function artifactArchitecture(
  imageName: string,
  wanted: Architecture,
  actual: Architecture,
): Check {
  const name = "architecture.artifact";
  if (wanted === actual) return passed(name, `the artifact of image ${imageName} is ${actual}`);
  return failed(name, {
    code: "FAILED_PRECONDITION",
    reason: "ARCHITECTURE_MISMATCH",
    message: `image ${imageName} is declared as ${wanted}, but its artifact is ${actual}`,
    remedy: `Set architecture of image ${imageName} to ${actual}, or refer to an artifact for ${wanted}.`,
    blastRadius: "image",
    metadata: { image_architecture: wanted, artifact_architecture: actual },
  });
}
