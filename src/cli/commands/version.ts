import type { CliContext } from "../context.ts";
import { readVersion } from "../../host/package-manifest.ts";

export async function version(context: CliContext): Promise<void> {
  const value = { version: readVersion(), node: process.version };
  await context.print({
    value,
    format: "table",
    table: () => `slipway ${value.version} (Node ${value.node})\n`,
  });
}
