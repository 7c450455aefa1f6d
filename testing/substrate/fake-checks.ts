import type { Architecture, Candidate, Check, PlanDraft } from "../../src/plan/plan.ts";
import type {
  ImageInspection,
  ImageSource,
  ImageTarget,
  PreflightReport,
} from "../../src/substrate/contract.ts";
import { artifactOf, placeNamed } from "./fake-world.ts";
import type { FakeImage, FakePlaces } from "./fake-world.ts";

/** Inspects an image: pinned if the fake has the reference, otherwise a failed check. */
export function inspectFakeImage(
  images: readonly FakeImage[],
  region: string,
  source: ImageSource,
  target: ImageTarget,
): ImageInspection {
  const reference = referenceOf(source, region);
  const image = images.find((known) => known.reference === reference);
  if (reference === null || image === undefined)
    return nothingFound(missingImage(reference, region, source, target));
  const id = artifactOf(image);
  return {
    artifact: { id, requested: reference, pinned: true },
    architecture: image.architecture,
    checks: [
      { name: "image.found", outcome: "passed", message: `image ${reference} is ${id}` },
      architectureCheck(image, target),
    ],
    floating: id === reference ? [] : [{ reference, value: id }],
    sources: { "/artifact/id": `fake image ${reference}` },
    facts: {},
  };
}

/** Checks a plan: whether the machine type exists, and which of its places exist and run its architecture. */
export function preflightFakePlan(
  places: FakePlaces,
  machineTypes: Readonly<Record<string, readonly Architecture[]>> | null,
  draft: PlanDraft,
): PreflightReport {
  const candidates = draft.candidates.map((candidate) => judgeCandidate(places, draft, candidate));
  return {
    checks: [machineTypeCheck(machineTypes, draft), placeCheck(candidates)],
    candidates,
    machineType: draft.machineType,
    settings: {},
    sources: { "/machine_type": "fake machine types" },
  };
}

function referenceOf(source: ImageSource, region: string): string | null {
  switch (source.substrate) {
    case "AWS":
      return Object.hasOwn(source.amiIds, region) ? (source.amiIds[region] ?? null) : null;
    case "GCP":
      return source.selfLink;
    case "DOCKER":
      return source.imageRef;
  }
}

function nothingFound(check: Check): ImageInspection {
  return {
    artifact: null,
    architecture: null,
    checks: [check],
    floating: [],
    sources: {},
    facts: {},
  };
}

function missingImage(
  reference: string | null,
  region: string,
  source: ImageSource,
  target: ImageTarget,
): Check {
  if (reference === null && source.substrate === "AWS")
    return {
      name: "image.region",
      outcome: "failed",
      code: "FAILED_PRECONDITION",
      reason: "REGION_MISMATCH",
      message: `image ${target.imageName}: no AMI in ${region}, only in ${Object.keys(source.amiIds).join(", ")}`,
      remedy: `Add the image's AMI in ${region}, or place the workspace in a region that has one.`,
      blastRadius: "image",
      retry: "never",
    };
  return {
    name: "image.found",
    outcome: "failed",
    code: "NOT_FOUND",
    reason: "IMAGE_NOT_FOUND",
    message: `image ${target.imageName}: ${reference ?? "the reference"} does not exist`,
    remedy: "Correct the image record's reference.",
    blastRadius: "image",
    retry: "never",
  };
}

function architectureCheck(image: FakeImage, target: ImageTarget): Check {
  const name = "image.architecture";
  if (image.architecture === target.architecture)
    return {
      name,
      outcome: "passed",
      message: `image ${image.reference} is ${image.architecture}`,
    };
  return {
    name,
    outcome: "failed",
    code: "FAILED_PRECONDITION",
    reason: "ARCHITECTURE_MISMATCH",
    message: `image ${target.imageName}: the record says ${target.architecture}, ${image.reference} is ${image.architecture}`,
    remedy: "Correct the record's architecture, or its reference.",
    blastRadius: "image",
    retry: "never",
  };
}

function judgeCandidate(places: FakePlaces, draft: PlanDraft, candidate: Candidate): Candidate {
  if (candidate.verdict === "rejected") return candidate;
  const place = placeNamed(places, candidate.place);
  if (place === undefined)
    return { ...candidate, verdict: "rejected", reason: "place does not exist" };
  if (place.architectures === undefined || place.architectures.includes(draft.architecture))
    return candidate;
  return { ...candidate, verdict: "rejected", reason: `does not run ${draft.architecture}` };
}

function placeCheck(candidates: readonly Candidate[]): Check {
  const name = "place.eligible";
  const eligible = candidates.filter(({ verdict }) => verdict === "eligible");
  if (eligible.length > 0)
    return {
      name,
      outcome: "passed",
      message: `${eligible.length} of ${candidates.length} places`,
    };
  return {
    name,
    outcome: "failed",
    code: "FAILED_PRECONDITION",
    reason: "PLACE_NOT_FOUND",
    message: `no place is left: ${candidates.map(({ place, reason }) => `${place} ${reason ?? ""}`).join(", ")}`,
    remedy: "Correct the placement.",
    retry: "never",
  };
}

function machineTypeCheck(
  machineTypes: Readonly<Record<string, readonly Architecture[]>> | null,
  draft: PlanDraft,
): Check {
  const name = "machine-type.exists";
  const { machineType, architecture } = draft;
  const known = machineTypes !== null && Object.hasOwn(machineTypes, machineType);
  const able = known ? (machineTypes[machineType] ?? []) : [];
  if (machineTypes === null || able.includes(architecture))
    return { name, outcome: "passed", message: `machine type ${machineType} has ${architecture}` };
  return {
    name,
    outcome: "failed",
    code: "FAILED_PRECONDITION",
    reason: "MACHINE_TYPE_MISMATCH",
    message: known
      ? `machine type ${machineType} has ${able.join(", ")}, not ${architecture}`
      : `machine type ${machineType} does not exist`,
    remedy: "Choose another machine type.",
    retry: "never",
  };
}
