import type { Check } from "../../plan/plan.ts";
import { passed, warning } from "../../substrate/check.ts";

export interface Versions {
  readonly slipway: string;
  /** Without a `v`. */
  readonly node: string;
  /** Such as `>=22.18`. */
  readonly supportedNode: string;
}

/** Whether this version of Node is supported. */
export function versionCheck({ slipway, node, supportedNode }: Versions): Check {
  const message = `slipway ${slipway} on Node ${node} (supported: ${supportedNode})`;
  return isAtLeast(node, supportedNode.replace(/^>=/u, ""))
    ? passed("versions", message)
    : warning("versions", { message, remedy: `Run Slipway on Node ${supportedNode}.` });
}

function isAtLeast(version: string, least: string): boolean {
  return version.localeCompare(least, "en", { numeric: true }) >= 0;
}
