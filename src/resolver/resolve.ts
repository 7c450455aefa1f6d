import { recordNotFound } from "../catalog/catalog-errors.ts";
import { architectureOf } from "../catalog/kinds.ts";
import type { CatalogRecord } from "../catalog/kinds.ts";
import type { LinkedRecords } from "../catalog/store/store.ts";
import type { Clock } from "../host/clock.ts";
import { timestamp } from "../host/clock.ts";
import { isSlipwayError } from "../errors.ts";
import type { SlipwayError } from "../errors.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import { freezePlan } from "../plan/plan.ts";
import type { Check, CredentialSource, LaunchPlan, PlanDraft } from "../plan/plan.ts";
import type { OpenAdapter } from "../substrate/contract.ts";
import { checksFailure, isFailed } from "./checks-failure.ts";
import { describeCredential, explainedBy, withProblem } from "./credential-problem.ts";
import { failedBy, passed, skipped, warning } from "../substrate/check.ts";
import { checkRecords, MACHINE_TYPE_ARCHITECTURE } from "./checks.ts";
import { gpuChecks } from "./gpu-check.ts";
import { guestChecks } from "./guest-checks.ts";
import { followLinks, planRecords } from "./links.ts";
import type { Links } from "./links.ts";
import { floatingReads, pinImage } from "./pin.ts";
import type { Pinned } from "./pin.ts";
import { credentialSecret, imageSource, imageTarget, requestedReference } from "./select-image.ts";
import { guestRequest, machineShape, providerMachineTypes } from "./shape.ts";
import { artifactSource, recordSources } from "./sources.ts";
import { placementTarget, targetRegion, initialCandidates } from "./target.ts";

/** A registry credential and its source. The plan keeps only the source. */
export interface FoundCredential {
  readonly source: CredentialSource;
  readonly credential: RegistryCredential | null;
  /** Why Docker's configuration could not be read, or its credential helper failed. */
  readonly problem?: SlipwayError;
}

export interface ResolverPorts {
  /** A consistent snapshot of the workspace and all records that it refers to. */
  readonly linkedRecords: (workspace: string) => Promise<LinkedRecords>;
  readonly clock: Clock;
  readonly openAdapter: OpenAdapter;
  /** The credential for an image's registry: from the named secret, else from Docker's configuration, else none. */
  readonly findCredential: (
    image: CatalogRecord<"image">,
    signal: AbortSignal,
  ) => Promise<FoundCredential | null>;
}

export interface ResolveRequest {
  readonly workspace: string;
  readonly tenant: string;
  readonly offline: boolean;
  readonly signal: AbortSignal;
}

/**
 * The dry run: records -> links -> pure checks -> select -> pin -> preflight -> freeze. Continues after a failed
 * check as far as it can, so that all failures are reported together.
 *
 * @throws SlipwayError `NOT_FOUND` for an unknown workspace; the error of {@link checksFailure} if a check failed
 */
export async function resolve(ports: ResolverPorts, request: ResolveRequest): Promise<LaunchPlan> {
  const records = await ports.linkedRecords(request.workspace);
  const workspace = records.find("workspace", request.workspace);
  if (workspace === null) throw recordNotFound({ kind: "workspace", name: request.workspace });
  const links = followLinks(records, workspace);
  const checks = [...links.checks, ...checkRecords(links)];
  const { image, placement } = links;
  const assessment =
    image === null || placement === null
      ? { checks, plan: null }
      : await assess(ports, request, { links, image, placement, checks });
  const failure = checksFailure(workspace.name, assessment.checks);
  if (failure !== null) throw failure;
  if (assessment.plan === null)
    throw new Error(`workspace ${workspace.name}: no plan and no failed check`);
  return freezePlan({ ...assessment.plan, checks: assessment.checks });
}

/** The records found in the catalog, and the checks made so far. */
interface CatalogFindings {
  readonly links: Links;
  readonly image: CatalogRecord<"image">;
  readonly placement: CatalogRecord<"placement">;
  readonly checks: readonly Check[];
}

interface Assessment {
  readonly checks: readonly Check[];
  readonly plan: Omit<LaunchPlan, "planId" | "checks"> | null;
}

/** Pins the image and runs the substrate's preflight checks, unless the resolution is offline. */
async function assess(
  ports: ResolverPorts,
  request: ResolveRequest,
  found: CatalogFindings,
): Promise<Assessment> {
  const { image, checks } = found;
  if (request.offline) {
    const plan = { ...draftPlan(request, found, null), settings: {} };
    const unpinned = skipped("image.pinned", "offline: the image was not looked up");
    return { checks: [...checks, unpinned], plan };
  }
  const credential = namesMissingSecret(found)
    ? null
    : await settle("image.credential", ports.findCredential(image, request.signal));
  const draft = draftPlan(request, found, credential?.value?.source ?? null);
  const known = [...checks, ...credentialChecks(image.name, credential)];
  const opened = await settle("substrate.adapter", ports.openAdapter(draft.target));
  if (opened.value === null) return { checks: [...known, ...opened.checks], plan: null };
  const source = imageSource(image, credential?.value?.credential ?? null);
  const at = timestamp(ports.clock);
  const pinned =
    credential?.error === null && source.substrate === draft.substrate
      ? await pinImage({
          adapter: opened.value,
          image: source,
          target: imageTarget(image.name, draft),
          at,
          signal: request.signal,
        })
      : null;
  const pinnedDraft = pinned === null ? draft : withPinned(draft, pinned);
  const report = await opened.value.preflight(pinnedDraft, pinned?.facts ?? {}, request.signal);
  return {
    checks: [
      ...known,
      ...explainedBy(credential?.value ?? undefined, pinned?.checks ?? []),
      ...withoutRepeats(checks, report.checks),
      ...gpuChecks(found.links.machineType, report.machineTypes),
      ...guestChecks(draft, opened.value),
    ],
    plan: {
      ...pinnedDraft,
      machineType: report.machineType,
      ...(report.machineTypes === undefined ? {} : { machineTypes: report.machineTypes }),
      candidates: report.candidates,
      settings: report.settings,
      sources: { ...pinnedDraft.sources, ...report.sources },
      floatingReads: [...pinnedDraft.floatingReads, ...floatingReads(report.floating ?? [], at)],
    },
  };
}

/** Drops the provider's architecture mismatch if the machine-type record's check has already reported it. */
function withoutRepeats(found: readonly Check[], reported: readonly Check[]): readonly Check[] {
  const name = MACHINE_TYPE_ARCHITECTURE;
  if (!found.some((check) => check.name === name && isFailed(check))) return reported;
  return reported.map((check) =>
    isFailed(check) && check.reason === "ARCHITECTURE_MISMATCH"
      ? skipped(check.name, `already reported by ${name}`)
      : check,
  );
}

/** True if the image's secret does not exist. The link's check has reported it, so it is not looked up again. */
function namesMissingSecret({ image, links }: CatalogFindings): boolean {
  return credentialSecret(image) !== null && links.pullSecret === null;
}

function credentialChecks(
  image: string,
  credential: Settled<FoundCredential | null> | null,
): readonly Check[] {
  if (credential === null)
    return [skipped("image.credential", `image ${image}: its secret does not exist`)];
  if (credential.value === null) return credential.checks;
  const { source, problem } = credential.value;
  const message = `image ${image}: pulling ${describeCredential(source)}`;
  if (problem === undefined) return [passed("image.credential", message)];
  const { code, reason, remedy } = problem;
  const finding = {
    code,
    reason,
    remedy: remedy ?? "",
    message: withProblem(message, credential.value),
  };
  return [warning("image.credential", finding)];
}

interface Settled<T> {
  readonly value: T | null;
  readonly error: SlipwayError | null;
  readonly checks: readonly Check[];
}

/** Awaits a step and converts its failure to a failed check. */
async function settle<T>(name: string, step: Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await step, error: null, checks: [] };
  } catch (caught) {
    if (!isSlipwayError(caught) || caught.code === "CANCELLED") throw caught;
    return { value: null, error: caught, checks: [failedBy(name, caught)] };
  }
}

function draftPlan(
  request: ResolveRequest,
  { links, image, placement }: CatalogFindings,
  credential: CredentialSource | null,
): PlanDraft {
  const target = placementTarget(placement);
  const region = targetRegion(target);
  const requested = requestedReference(image, region) ?? "";
  const source = artifactSource(image, region);
  const machineTypes = providerMachineTypes(links.machineType);
  return {
    workspace: links.workspace.name,
    tenant: request.tenant,
    substrate: placement.substrate,
    architecture: architectureOf(image),
    artifact: { id: requested, requested, pinned: false },
    machineType: machineTypes[0],
    shape: machineShape(links),
    target,
    candidates: initialCandidates(target, machineTypes, links.environment?.candidateOrder),
    credential,
    guest: guestRequest(links.workspace),
    sources: {
      ...recordSources(links),
      "/artifact/requested": source,
      "/artifact/id": source,
      "/artifact/pinned": "default: not looked up",
    },
    records: planRecords(links),
    floatingReads: [],
  };
}

function withPinned(draft: PlanDraft, pinned: Pinned): PlanDraft {
  const requested = draft.sources["/artifact/requested"] ?? "";
  const pinnedFrom = pinned.sources["/artifact/id"];
  return {
    ...draft,
    artifact: pinned.artifact ?? draft.artifact,
    floatingReads: pinned.floatingReads,
    sources: {
      ...draft.sources,
      ...pinned.sources,
      "/artifact/id": pinnedFrom === undefined ? requested : `${requested}: ${pinnedFrom}`,
      ...(pinned.artifact === null ? {} : { "/artifact/pinned": "the provider's response" }),
    },
  };
}
