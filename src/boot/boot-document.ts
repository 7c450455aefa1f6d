import { memoize, memoizeFrozen } from "../async/memoize.ts";
import { SlipwayError } from "../errors.ts";
import type { LaunchPlan, PlanDraft } from "../plan/plan.ts";
import type { SubstrateCapabilities } from "../substrate/contract.ts";
import { toSnakeCase } from "../json/field-case.ts";
import { cloudInitUserData } from "./user-data.ts";

type Delivery = SubstrateCapabilities["bootDocument"];
type Described = Pick<LaunchPlan, "tenant" | "workspace" | "planId" | "guest" | "substrate">;

/** As long as any: the length of a boot document is judged before its plan and its spawn have an id. */
const ANY_PLAN_ID = `sha256:${"0".repeat(64)}`;
const LONGEST_SPAWN_ID = "x".repeat(63);

/**
 * What a machine learns about itself: its workspace, tenant, plan, repositories and ports, which secrets it may fetch
 * (names only, never values), and where its own identity is. As JSON where it is delivered as a variable, as user data
 * for cloud-init else.
 *
 * @throws SlipwayError `FAILED_PRECONDITION` / `BOOT_DOCUMENT_TOO_LARGE` beyond what the substrate carries.
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

/**
 * How many bytes the boot document of a plan in the making will have at most.
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

/** One line of ASCII: nothing on the way (a mail part, a YAML block, a shell) has to know of encodings. */
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
