import { cancellation } from "../../async/cancellation.ts";
import { processEnvironment } from "../../host/environment.ts";
import type { Environment } from "../../host/environment.ts";
import { readVersion, supportedNode } from "../../host/package-manifest.ts";
import { systemClock } from "../../host/system-clock.ts";
import { checkOptions, checkString } from "../../json/check-options.ts";
import type { ShapeOf } from "../../json/check-options.ts";
import { checkExtraCertificates } from "../../oci/registry/certificates.ts";
import { SUBSTRATES } from "../../plan/plan.ts";
import type { Check, Substrate } from "../../plan/plan.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { failed } from "../../substrate/check.ts";
import { dockerConfiguration, environmentOf, keySourceOf } from "../own-environment.ts";
import { bounded } from "./bounded.ts";
import { clockCheck } from "./clock-check.ts";
import { connectionChecks } from "./connection-checks.ts";
import { placementDepth } from "./placement-depth.ts";
import { registryChecks } from "./registry-checks.ts";
import { keyChecks } from "./storage-checks.ts";
import { openStored } from "./stored.ts";
import { versionCheck } from "./version-check.ts";

export interface DiagnoseOptions {
  /** As for `createSlipway`. It is not created, migrated or changed. */
  readonly database: string;
  /** As for `createSlipway`. */
  readonly keyFile?: string;
  /** As for `createSlipway`. */
  readonly key?: Uint8Array | string;
  /** As for `createSlipway`. */
  readonly keyCommand?: string;
  /** As for `createSlipway`. */
  readonly tenant?: string;
  /** As for `createSlipway`. */
  readonly environment?: Environment;
  /** The name of a placement to check in depth, with the checks of dry runs. Other providers are left out then. */
  readonly placement?: string;
  /** How long each check may take, in milliseconds. Default 10,000; 60,000 for those of a dry run. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

export interface Diagnosis {
  /** In a fixed order: database, key, engines, registries, clouds, placement, clock, versions. */
  readonly checks: readonly Check[];
}

const OPTIONS: ShapeOf<DiagnoseOptions> = {
  database: "string",
  keyFile: "string",
  key: "key",
  keyCommand: "string",
  tenant: "string",
  environment: "object",
  placement: "string",
  timeout: "whole number",
  signal: "signal",
};

const TIMEOUT = 10_000;
/** A dry run makes many calls, and some of them after others. */
const DRY_RUN_TIMEOUT = 60_000;

/**
 * Checks everything that Slipway depends on: its database and key, and the engines, registries and clouds that the
 * tenant's records name or the environment configures. It changes nothing, and throws none of the problems that it finds.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` for an invalid option, `NOT_FOUND` for an unknown placement,
 * `CREDENTIAL_INVALID` for authorities in `NODE_EXTRA_CA_CERTS` that would block this process, `CANCELLED`
 */
export async function diagnose(options: DiagnoseOptions): Promise<Diagnosis> {
  checkOptions("diagnose", options, OPTIONS);
  checkString("the option database of diagnose", options.database);
  const { tenant = "default", placement: name, signal = new AbortController().signal } = options;
  if (signal.aborted) throw cancellation(signal, "the diagnosis");
  // The first connection with TLS would not return.
  await checkExtraCertificates(processEnvironment().environment["NODE_EXTRA_CA_CERTS"]);
  const limit = { signal, milliseconds: options.timeout ?? TIMEOUT };
  const own = { ...environmentOf(options), now: () => systemClock.now() };
  await using stored = await openStored({
    database: options.database,
    keys: keySourceOf("diagnose", options),
    tenant,
    own,
    clock: systemClock,
  });
  const { catalog, records, credentials, keys, secrets } = stored;
  const placement =
    name === undefined || catalog === null ? null : await catalog.get("placement", name);
  const placements = placement === null ? (records?.placements ?? []) : [placement];
  const wanted = placement === null ? SUBSTRATES : [placement.substrate];
  const connections = (...substrates: readonly Substrate[]) =>
    connectionChecks(
      { placements, own },
      substrates.filter((one) => wanted.includes(one)),
      limit,
    );
  const [key, engines, registries, clouds, depth] = await Promise.all([
    bounded("key", limit, async () => await keyChecks({ keys, secrets, records })),
    connections("DOCKER"),
    wanted.includes("DOCKER")
      ? registryChecks(
          { configuration: dockerConfiguration(own), images: records?.images ?? [], credentials },
          limit,
        )
      : [],
    connections("AWS", "GCP"),
    placement === null || catalog === null
      ? []
      : placementDepth(
          { placement, catalog, credentials, clock: systemClock, openAdapter: stored.openAdapter },
          { signal, milliseconds: options.timeout ?? DRY_RUN_TIMEOUT },
        ),
  ]);
  const connected = [...engines, ...clouds];
  const checks = [
    ...stored.checks,
    ...(key.result ?? [key.failure]),
    ...engines.flatMap((one) => one.checks),
    ...registries,
    ...clouds.flatMap((one) => one.checks),
    ...(name !== undefined && placement === null ? [unread(name)] : depth),
    clockCheck(connected.flatMap(({ clock }) => clock ?? [])),
    versionCheck({
      slipway: readVersion(),
      node: process.versions.node,
      supportedNode: supportedNode(),
    }),
  ];
  const known = await stored.knownSecrets();
  return { checks: createRedactor(() => known).data(checks) };
}

function unread(name: string): Check {
  return failed("placement", {
    code: "FAILED_PRECONDITION",
    reason: "STORAGE_UNAVAILABLE",
    message: `placement ${name} could not be read from the database`,
    remedy: "Fix what the check of the database reports.",
  });
}
