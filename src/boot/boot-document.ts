import { memoize, memoizeFrozen } from "../async/memoize.ts";
import { SlipwayError } from "../errors.ts";
import type { LaunchPlan, PlanDraft } from "../plan/plan.ts";
import type {
  Launch,
  LaunchMember,
  SpawnMember,
  SubstrateCapabilities,
} from "../substrate/contract.ts";
import { toSnakeCase } from "../json/field-case.ts";
import { cloudInitUserData } from "./user-data.ts";

type Delivery = SubstrateCapabilities["bootDocument"];
type Described = Pick<LaunchPlan, "tenant" | "workspace" | "planId" | "guest" | "substrate">;

/** As long as any real one: a boot document is measured before its plan and its spawn have ids. */
const ANY_PLAN_ID = `sha256:${"0".repeat(64)}`;
const LONGEST_SPAWN_ID = "x".repeat(63);

/**
 * The document from which a machine learns about itself: its workspace, tenant, plan, repositories and ports, which
 * secrets it may fetch (names only, never values), and where to find its own identity. As JSON if it is delivered as a
 * variable, otherwise as user data for cloud-init.
 *
 * @throws SlipwayError `FAILED_PRECONDITION` / `BOOT_DOCUMENT_TOO_LARGE` if the substrate cannot carry it
 */
export function bootDocument(plan: Described, spawnId: string, delivery: Delivery): string {
  const document =
    delivery.delivery === "environment"
      ? json(aboutMachine(plan, { spawnId }))
      : sharedUserData(delivery)(plan);
  const bytes = Buffer.byteLength(document);
  if (bytes > delivery.maximumBytes) throw tooLarge(plan, bytes, delivery.maximumBytes);
  return document;
}

/** The boot documents of a launch: one for each member, or one user data for all, as the substrate takes them. */
export function launchDocuments(
  plan: Described,
  members: readonly SpawnMember[],
  delivery: Delivery,
): Pick<Launch, "members" | "userData"> {
  const documentOf = ({ spawnId }: SpawnMember): string => bootDocument(plan, spawnId, delivery);
  const isShared = delivery.delivery === "cloud-init";
  const [first] = members;
  return {
    members: members.map((member): LaunchMember => ({
      ...member,
      bootDocument: isShared ? "" : documentOf(member),
    })),
    userData: isShared && first !== undefined ? documentOf(first) : "",
  };
}

/**
 * The most bytes that the boot document of a draft can have.
 *
 * @throws SlipwayError as {@link bootDocument} does
 */
export function measureBootDocument(draft: PlanDraft, delivery: Delivery): number {
  const plan = { ...draft, planId: ANY_PLAN_ID };
  return Buffer.byteLength(bootDocument(plan, LONGEST_SPAWN_ID, delivery));
}

/** Rendered once for each plan: a burst of spawns shares it. */
const sharedUserData = memoize((delivery: Delivery) =>
  memoizeFrozen((plan: Described) => userData(plan, delivery)),
);

function userData(plan: Described, { identity }: Delivery): string {
  if (plan.guest.bootDocument === "none") return plan.guest.userData ?? "";
  const { runtimeSecretMounts } = plan.guest;
  return cloudInitUserData(
    json(aboutMachine(plan, { identity, runtimeSecretMounts })),
    plan.guest.userData,
  );
}

function aboutMachine(plan: Described, own: Readonly<Record<string, unknown>>) {
  return {
    version: 1,
    tenant: plan.tenant,
    workspace: plan.workspace,
    ...own,
    planId: plan.planId,
    repos: plan.guest.repos,
    ports: plan.guest.ports,
    secretRefs: plan.guest.secretRefs,
  };
}

/** One line of ASCII, so that nothing on the way (a mail part, a YAML block, a shell) depends on an encoding. */
function json(document: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(toSnakeCase(document)).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function tooLarge({ workspace, substrate }: Described, bytes: number, maximumBytes: number) {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "BOOT_DOCUMENT_TOO_LARGE",
    message: `workspace ${workspace}: its boot document has ${bytes} bytes, ${substrate} carries at most ${maximumBytes}`,
    remedy: "Name fewer repositories or ports in the workspace, or shorten its user_data.",
    metadata: { bytes, maximum_bytes: maximumBytes },
  });
}
