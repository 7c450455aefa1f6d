/**
 * `node scripts/describe-compute.ts`: rewrites `adapters/gce/client/description.ts` from the installed
 * `@google-cloud/compute`. Run it after that package or the adapter's list of calls has changed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { API_CALLS } from "../adapters/gce/client/api-calls.ts";
import { describeCalls } from "./build/compute-description.ts";

const FILE = join(import.meta.dirname, "../adapters/gce/client/description.ts");

const { resolve } = createRequire(import.meta.url);
const whole = resolve("@google-cloud/compute/build/protos/protos.json");
const methods = API_CALLS.map(({ method }) => method);
const description = describeCalls(JSON.parse(readFileSync(whole, "utf8")), methods);
writeFileSync(
  FILE,
  `/** Written by \`scripts/describe-compute.ts\`. See \`gax.ts\` for its purpose. */
export const DESCRIPTION: string =
  ${quoted(JSON.stringify(description))};
`,
);

/** As the formatter writes a string. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
