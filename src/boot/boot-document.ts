import { createHash, hash } from "node:crypto";
import { memoize, memoizeFrozen } from "../async/memoize.ts";
import { SlipwayError } from "../errors.ts";
import type { JsonObject } from "../errors.ts";
import { toSnakeCase } from "../json/field-case.ts";
import type { Candidate, LaunchPlan, PlanDraft } from "../plan/plan.ts";
import { NO_INPUT } from "../substrate/contract.ts";
import type {
  Launch,
  LaunchMember,
  SpawnMember,
  SubstrateCapabilities,
} from "../substrate/contract.ts";
import { asciiJson } from "./ascii-json.ts";
import { bootScript } from "./boot-script.ts";
import { cloneScript } from "./clone-script.ts";
import { cloudInitUserData } from "./user-data.ts";

/** Version of the format (docs/guest.md). */
const BOOT_VERSION = 2;

type Delivery = SubstrateCapabilities["bootDocument"];
type CloudInitDelivery = Extract<Delivery, { readonly delivery: "cloud-init" }>;
type Described = Pick<LaunchPlan, "tenant" | "workspace" | "planId" | "guest" | "substrate">;

/** The part of a launch that its boot documents contain. */
export interface DocumentedLaunch {
  readonly plan: Described;
  readonly place: Pick<Candidate, "place">;
  /** In the order of the launch. */
  readonly members: readonly SpawnMember[];
}

/**
 * The boot documents of a launch, from which each machine learns about itself: its spawn, with env and input, its
 * workspace, plan and place, repositories and ports, and which secrets it may fetch (names only, never values). JSON in
 * a variable for each member, or one user data for all, as the substrate takes them.
 *
 * @throws SlipwayError `FAILED_PRECONDITION` / `BOOT_DOCUMENT_TOO_LARGE` if the substrate cannot carry it
 */
export function launchDocuments(
  launch: DocumentedLaunch,
  delivery: Delivery,
): Pick<Launch, "members" | "userData"> {
  const { members } = launch;
  if (delivery.delivery === "environment")
    return {
      members: members.map((member): LaunchMember => ({
        ...member,
        bootDocument: requireSize(launch, memberDocument(launch, member), delivery),
      })),
      userData: "",
    };
  return {
    members: members.map((member): LaunchMember => ({ ...member, bootDocument: "" })),
    userData: requireSize(launch, userData(launch, delivery), delivery),
  };
}

/**
 * Checks that a launch can carry these members, whose env and input the plan's own check does not know. It compresses
 * only what is not certain to fit, because compression takes as long as all else of a warm spawn's own work.
 *
 * @throws SlipwayError as {@link launchDocuments} does
 */
export function requireFitting(launch: DocumentedLaunch, delivery: Delivery): void {
  if (delivery.delivery === "cloud-init" && mostBytes(launch, delivery) <= delivery.maximumBytes)
    return;
  launchDocuments(launch, delivery);
}

/** An upper bound of the user data's size: the size for no members, and the whole table without compression. */
function mostBytes(
  { plan, place, members }: DocumentedLaunch,
  delivery: CloudInitDelivery,
): number {
  const rows = members.map(({ spawnId, env, input }) => asciiJson([spawnId, { ...env }, input]));
  const { bytes, fields } = emptySize(delivery)(plan);
  const table = rows.reduce((sum, { length }) => sum + length + 1, fields + place.place.length);
  // Base64 in lines. DEFLATE adds a few bytes to what it cannot compress.
  return bytes + Math.ceil((table + 64) * 1.35);
}

/** For each plan: the bytes of the user data for no members, and of the table's common fields before compression. */
const emptySize = memoize((delivery: CloudInitDelivery) =>
  memoizeFrozen((plan: Described) => {
    const place = { place: "" };
    return {
      bytes: Buffer.byteLength(userData({ plan, place, members: [] }, delivery)),
      fields: asciiJson(commonFields(plan, place)).length,
    };
  }),
);

/** How many of the members, from the first, one launch can carry. */
export function countFitting(launch: DocumentedLaunch, delivery: Delivery): number {
  const { members } = launch;
  if (delivery.delivery === "environment") {
    const tooLarge = members.findIndex(
      (member) => Buffer.byteLength(memberDocument(launch, member)) > delivery.maximumBytes,
    );
    return tooLarge < 0 ? members.length : tooLarge;
  }
  const fits = (count: number): boolean => {
    const part = { ...launch, members: members.slice(0, count) };
    return Buffer.byteLength(userData(part, delivery)) <= delivery.maximumBytes;
  };
  if (fits(members.length)) return members.length;
  // Of the counts below `over`, `fitting` is the largest known to fit.
  let fitting = 0;
  let over = members.length;
  while (over - fitting > 1) {
    const middle = Math.floor((fitting + over) / 2);
    if (fits(middle)) fitting = middle;
    else over = middle;
  }
  return fitting;
}

/** The size of a draft's boot document. */
export interface BootDocumentSize {
  /** The most bytes that the document of a spawn without env and input has. */
  readonly bytes: number;
  readonly maximumBytes: number;
  /** How many spawns without env and input fit into one launch; null if each has a document of its own. */
  readonly members: number | null;
}

/** As long as any real one: a boot document is measured before its plan and its spawns have ids. */
const ANY_PLAN_ID = `sha256:${hash("sha256", "")}`;

/**
 * @param most the members that a launch may have
 * @throws SlipwayError as {@link launchDocuments} does
 */
export function measureBootDocument(
  draft: PlanDraft,
  delivery: Delivery,
  most: number,
): BootDocumentSize {
  const plan = { ...draft, planId: ANY_PLAN_ID };
  const place = draft.candidates.reduce(
    (longest, one) => (one.place.length > longest.place.length ? one : longest),
    { place: "" },
  );
  const measured = (members: readonly SpawnMember[]) => ({ plan, place, members });
  const { maximumBytes } = delivery;
  const alone = launchDocuments(measured([LONGEST]), delivery);
  const documents = [alone.userData, ...alone.members.map(({ bootDocument }) => bootDocument)];
  return {
    bytes: Math.max(...documents.map((document) => Buffer.byteLength(document))),
    maximumBytes,
    members:
      delivery.delivery === "environment" || draft.guest.bootDocument === "none"
        ? null
        : countFitting(measured(sampleMembers(draft.workspace, most)), delivery),
  };
}

/** A long id that compresses badly. */
const LONGEST: SpawnMember = { spawnId: `x${hash("sha256", "").slice(0, 62)}`, ...NO_INPUT };

/** Random digits at the end of a generated id. */
const ID_DIGITS = 10;

/** Spawns with generated ids: the workspace's name and random digits. */
function sampleMembers(workspace: string, count: number): readonly SpawnMember[] {
  const bytes = ID_DIGITS / 2;
  const digits = createHash("shake256", { outputLength: count * bytes }).digest("hex");
  return Array.from({ length: count }, (_, index) => ({
    spawnId: `${workspace.slice(0, 52)}-${digits.slice(index * ID_DIGITS, (index + 1) * ID_DIGITS)}`,
    ...NO_INPUT,
  }));
}

function userData(
  { plan, place, members }: DocumentedLaunch,
  { identity }: CloudInitDelivery,
): string {
  const { bootDocument, userData: own, repos } = plan.guest;
  if (bootDocument === "none") return own ?? "";
  const rows = members.map(({ spawnId, env, input }) => [spawnId, { ...env }, input]);
  return cloudInitUserData({
    bootScript: bootScript({ ...commonFields(plan, place), members: rows }, identity),
    cloneScript: repos.some(({ clonePath }) => clonePath !== undefined) ? cloneScript() : null,
    own,
  });
}

function memberDocument(
  { plan, place }: DocumentedLaunch,
  { spawnId, env, input }: SpawnMember,
): string {
  const repos = plan.guest.repos.map(({ clonePath: _notCloned, ...repository }) => repository);
  return asciiJson({
    ...commonFields({ ...plan, guest: { ...plan.guest, repos } }, place),
    spawn_id: spawnId,
    env,
    input,
    identity: { source: "environment" },
  });
}

function commonFields(
  { tenant, workspace, planId, guest }: Described,
  { place }: DocumentedLaunch["place"],
): JsonObject {
  const { repos, ports, secretRefs, runtimeSecretMounts } = guest;
  return {
    boot_version: BOOT_VERSION,
    tenant,
    workspace,
    plan_id: planId,
    place,
    repos: toSnakeCase(repos),
    ports: toSnakeCase(ports),
    secret_refs: secretRefs,
    runtime_secret_mounts: toSnakeCase(runtimeSecretMounts),
  };
}

function requireSize(
  { plan: { workspace, substrate }, members }: DocumentedLaunch,
  document: string,
  { maximumBytes }: Delivery,
): string {
  const bytes = Buffer.byteLength(document);
  if (bytes <= maximumBytes) return document;
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "BOOT_DOCUMENT_TOO_LARGE",
    message: `workspace ${workspace}: its boot document has ${bytes} bytes, ${substrate} carries at most ${maximumBytes}`,
    remedy:
      "Name fewer repositories or ports in the workspace, shorten its user_data, or give the spawn less env and input.",
    metadata: { bytes, maximum_bytes: maximumBytes, members: members.length },
  });
}
