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
import { measureBootDocument } from "../boot/boot-document.ts";
import type { OpenAdapter, SubstrateAdapter } from "../substrate/contract.ts";
import { checksFailure, isFailed } from "./checks-failure.ts";
import { failedBy, passed, skipped } from "../substrate/check.ts";
import { checkRecords, MACHINE_TYPE_ARCHITECTURE } from "./checks.ts";
import { followLinks, planRecords } from "./links.ts";
import type { Links } from "./links.ts";
import { pinImage } from "./pin.ts";
import type { Pinned } from "./pin.ts";
import { credentialSecret, imageSource, requestedReference } from "./select-image.ts";
import { guestRequest, machineShape, providerMachineType } from "./shape.ts";
import { artifactSource, recordSources } from "./sources.ts";
import { placementTarget, targetRegion, unjudgedCandidates } from "./target.ts";

/** A registry's credential with the place it came from; the plan keeps the place alone. */
export interface FoundCredential {
  readonly source: CredentialSource;
  readonly credential: RegistryCredential | null;
}

export interface ResolverPorts {
  /** The workspace and everything that it leads to, as they are at one moment. */
  readonly linkedRecords: (workspace: string) => Promise<LinkedRecords>;
  readonly clock: Clock;
  readonly openAdapter: OpenAdapter;
  /** The credential for an image's registry: the named secret's, else Docker's own, else nobody's. */
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
 * Decides everything and changes nothing: records -> links -> pure checks -> select -> pin -> preflight -> freeze.
 * Goes as far as it can with what it has, so that every failure is told at once.
 *
 * @throws SlipwayError `NOT_FOUND` for an unknown workspace; what {@link checksFailure} makes of failed checks
 */
export async function resolve(ports: ResolverPorts, request: ResolveRequest): Promise<LaunchPlan> {
  const records = await ports.linkedRecords(request.workspace);
  const workspace = records.find("workspace", request.workspace);
  if (workspace === null) throw recordNotFound({ kind: "workspace", name: request.workspace });
  const links = followLinks(records, workspace);
  const checks = [...links.checks, ...checkRecords(links)];
  const { image, placement } = links;
  const judged =
    image === null || placement === null
      ? { checks, plan: null }
      : await judge(ports, request, { links, image, placement, checks });
  const failure = checksFailure(workspace.name, judged.checks);
  if (failure !== null) throw failure;
  if (judged.plan === null)
    throw new Error(`workspace ${workspace.name}: no plan and no failed check`);
  return freezePlan({ ...judged.plan, checks: judged.checks });
}

/** What the catalog led to, and what was found about it so far. */
interface Found {
  readonly links: Links;
  readonly image: CatalogRecord<"image">;
  readonly placement: CatalogRecord<"placement">;
  readonly checks: readonly Check[];
}

interface Judged {
  readonly checks: readonly Check[];
  readonly plan: Omit<LaunchPlan, "planId" | "checks"> | null;
}

/** Asks the substrate, where it may be asked. */
async function judge(ports: ResolverPorts, request: ResolveRequest, found: Found): Promise<Judged> {
  const { image, checks } = found;
  if (request.offline) {
    const plan = { ...draftPlan(request, found, null), settings: {} };
    const unasked = skipped("image.pinned", "offline: no provider was asked what the image means");
    return { checks: [...checks, unasked], plan };
  }
  const credential = namesLostSecret(found)
    ? null
    : await settle("image.credential", ports.findCredential(image, request.signal));
  const draft = draftPlan(request, found, credential?.value?.source ?? null);
  const known = [...checks, ...credentialChecks(image.name, credential)];
  const opened = await settle("substrate.adapter", ports.openAdapter(draft.target));
  if (opened.value === null) return { checks: [...known, ...opened.checks], plan: null };
  const source = imageSource(image, credential?.value?.credential ?? null);
  const pinned =
    credential?.error === null && source.substrate === draft.substrate
      ? await pinImage({
          adapter: opened.value,
          image: source,
          imageName: image.name,
          architecture: draft.architecture,
          at: timestamp(ports.clock),
          signal: request.signal,
        })
      : null;
  const pinnedDraft = pinned === null ? draft : withPinned(draft, pinned);
  const report = await opened.value.preflight(pinnedDraft, pinned?.facts ?? {}, request.signal);
  return {
    checks: [
      ...known,
      ...(pinned?.checks ?? []),
      ...toldOnce(checks, report.checks),
      bootDocumentCheck(draft, opened.value),
    ],
    plan: {
      ...pinnedDraft,
      machineType: report.machineType,
      candidates: report.candidates,
      settings: report.settings,
      sources: { ...pinnedDraft.sources, ...report.sources },
    },
  };
}

/** What the machine-type record says already of image and type, the provider's answer would only say again. */
function toldOnce(found: readonly Check[], reported: readonly Check[]): readonly Check[] {
  const name = MACHINE_TYPE_ARCHITECTURE;
  if (!found.some((check) => check.name === name && isFailed(check))) return reported;
  return reported.map((check) =>
    isFailed(check) && check.reason === "ARCHITECTURE_MISMATCH"
      ? skipped(check.name, `told by ${name}`)
      : check,
  );
}

function bootDocumentCheck(draft: PlanDraft, { capabilities }: SubstrateAdapter): Check {
  const name = "guest.boot-document";
  try {
    const bytes = measureBootDocument(draft, capabilities.bootDocument);
    return passed(name, `the boot document has at most ${bytes} bytes`);
  } catch (caught) {
    if (!isSlipwayError(caught)) throw caught;
    return failedBy(name, caught);
  }
}

/** The link's own check has told of it: looking it up again would tell the same a second time. */
function namesLostSecret({ image, links }: Found): boolean {
  return credentialSecret(image) !== null && links.pullSecret === null;
}

function credentialChecks(
  image: string,
  credential: Settled<FoundCredential | null> | null,
): readonly Check[] {
  if (credential === null)
    return [skipped("image.credential", `the secret that image ${image} names does not exist`)];
  if (credential.value === null) return credential.checks;
  const { source } = credential.value;
  return [passed("image.credential", `the registry of image ${image} is asked ${askedAs(source)}`)];
}

function askedAs(source: CredentialSource): string {
  switch (source.kind) {
    case "secret":
      return `with secret ${source.secret}`;
    case "docker-configuration":
      return "with the credential of Docker's configuration";
    case "anonymous":
      return "as nobody";
  }
}

interface Settled<T> {
  readonly value: T | null;
  readonly error: SlipwayError | null;
  readonly checks: readonly Check[];
}

/** A step whose failure is one finding among others. */
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
  { links, image, placement }: Found,
  credential: CredentialSource | null,
): PlanDraft {
  const target = placementTarget(placement);
  const region = targetRegion(target);
  const requested = requestedReference(image, region) ?? "";
  const asked = artifactSource(image, region);
  return {
    workspace: links.workspace.name,
    tenant: request.tenant,
    substrate: placement.substrate,
    architecture: architectureOf(image),
    artifact: { id: requested, requested, pinned: false },
    machineType: providerMachineType(links.machineType),
    shape: machineShape(links),
    target,
    candidates: unjudgedCandidates(target),
    credential,
    guest: guestRequest(links.workspace),
    sources: {
      ...recordSources(links),
      "/artifact/requested": asked,
      "/artifact/id": asked,
      "/artifact/pinned": "default: no provider was asked",
    },
    records: planRecords(links),
    floatingReads: [],
  };
}

function withPinned(draft: PlanDraft, pinned: Pinned): PlanDraft {
  const asked = draft.sources["/artifact/requested"] ?? "";
  const answer = pinned.sources["/artifact/id"];
  return {
    ...draft,
    artifact: pinned.artifact ?? draft.artifact,
    floatingReads: pinned.floatingReads,
    sources: {
      ...draft.sources,
      ...pinned.sources,
      "/artifact/id": answer === undefined ? asked : `${asked}: ${answer}`,
      ...(pinned.artifact === null ? {} : { "/artifact/pinned": "the provider's own answer" }),
    },
  };
}
