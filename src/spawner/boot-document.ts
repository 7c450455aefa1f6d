import { SlipwayError } from "../errors.ts";
import type { LaunchPlan } from "../plan.ts";
import type { SubstrateCapabilities } from "../substrate/contract.ts";
import { toSnakeCase } from "../spelling.ts";

/**
 * What a machine learns about itself, the same on every substrate: its workspace, tenant, plan, repositories and
 * ports, which secrets it may fetch (names only, never values), and its own identity.
 *
 * @throws SlipwayError `FAILED_PRECONDITION` / `BOOT_DOCUMENT_TOO_LARGE` beyond what the substrate carries.
 */
export function bootDocument(
  plan: LaunchPlan,
  spawnId: string,
  limits: SubstrateCapabilities["bootDocument"],
): string {
  const document = JSON.stringify(
    toSnakeCase({
      version: 1,
      tenant: plan.tenant,
      workspace: plan.workspace,
      spawnId,
      planId: plan.planId,
      repos: plan.guest.repos,
      ports: plan.guest.ports,
      secretRefs: plan.guest.secretRefs,
    }),
  );
  const bytes = Buffer.byteLength(document);
  if (bytes > limits.maximumBytes) {
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "BOOT_DOCUMENT_TOO_LARGE",
      message: `workspace ${plan.workspace}: its boot document has ${bytes} bytes, ${plan.substrate} carries at most ${limits.maximumBytes}`,
      remedy: "Name fewer repositories or ports in the workspace.",
      metadata: { bytes, maximum_bytes: limits.maximumBytes },
    });
  }
  return document;
}
