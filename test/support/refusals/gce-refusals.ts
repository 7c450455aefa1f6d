import { GCE_RULES } from "../../../adapters/gce/errors/error-rules.ts";
import type { GceVerdict } from "../../../adapters/gce/errors/error-rules.ts";
import type { Candidate } from "../../../src/plan/plan.ts";
import type { Clock } from "../../../src/host/clock.ts";
import { noGceRates, startGce } from "../../../testing/gce/index.ts";
import type { GceFake } from "../../../testing/gce/index.ts";
import { recordWorkspace } from "../faults/fault-substrate.ts";
import { gceAdapter, PROJECT } from "../gce-scene.ts";
import { candidate } from "../gce-launches.ts";
import { slipwayOn } from "./refusal-cloud.ts";
import type { Moment, RefusalCloud, RefusalScene } from "./refusal-cloud.ts";

export interface GceRefusal {
  readonly name: string;
  readonly code: string;
  readonly status: number;
  /** Whether the insert is refused, or accepted and its operation fails. */
  readonly kind: "error" | "operation-error";
  readonly verdict: GceVerdict;
}

const ZONES = ["us-central1-a", "us-central1-b"] as const;

/** A status with which Compute Engine may give the code of such a verdict. */
const STATUS: Readonly<Partial<Record<GceVerdict["code"], number>>> = {
  ALREADY_EXISTS: 409,
  NOT_FOUND: 404,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 403,
  UNAUTHENTICATED: 401,
  UNAVAILABLE: 503,
};

function refusalsOf(kind: GceRefusal["kind"]): readonly GceRefusal[] {
  // Only operations have summaries.
  const rules = GCE_RULES.filter(({ isSummary }) => kind === "operation-error" || !isSummary);
  return rules.flatMap(({ codes, verdict }) =>
    codes.map((code) => {
      const name = `${kind} ${code}`;
      return { name, code, kind, verdict, status: STATUS[verdict.code] ?? 400 };
    }),
  );
}

/** Every refusal of a launch in the error tables. */
export const AT_LAUNCH: readonly GceRefusal[] = [
  ...refusalsOf("error"),
  ...refusalsOf("operation-error"),
];

/**
 * The refusals that the dry run's reads can meet: of a zone, and of all calls. A lack of room, a quota or a name in use
 * shows only when a machine is made.
 */
const OF_READS: readonly GceRefusal[] = refusalsOf("error").filter(
  ({ verdict: { blastRadius, retry } }) =>
    retry === "same-token" || ["zone", "account", "credential"].includes(blastRadius),
);

export function gceRefusals(refusals: readonly GceRefusal[]): RefusalCloud<GceRefusal> {
  return {
    cloud: "Compute Engine",
    refusals,
    layouts: Object.fromEntries(
      Object.entries(GCE_LAYOUTS).map(([name, layout]) => [
        name,
        (clock: Clock) => openScene(clock, layout),
      ]),
    ),
  };
}

/** What a workspace launches in both zones. */
interface GceLayout {
  /** Null leaves the type to Slipway. */
  readonly types: readonly string[] | null;
  /** Absent: the placement names no market. */
  readonly market?: "SPOT_THEN_ON_DEMAND";
}

export const GCE_LAYOUTS: Readonly<Record<string, GceLayout>> = {
  "two zones": { types: null },
  "two machine types in two zones and both markets": {
    types: ["n2-standard-2", "e2-standard-2"],
    market: "SPOT_THEN_ON_DEMAND",
  },
};

/** The candidates of a layout in the plan's order. */
export function gceCandidates({ types, market }: GceLayout): readonly Candidate[] {
  const markets: readonly Pick<Candidate, "market">[] =
    market === undefined ? [{}] : [{ market: "spot" }, { market: "on-demand" }];
  return markets.flatMap((inMarket) =>
    (types ?? [null]).flatMap((machineType) =>
      ZONES.map((zone) => ({
        ...candidate(zone),
        ...inMarket,
        ...(machineType === null ? {} : { machineType }),
      })),
    ),
  );
}

export const GCE_REFUSALS = gceRefusals(OF_READS);

/** A refusal of the caller or the project meets every call, any other one the first zone alone. */
function refuse(gce: GceFake, { code, status, kind, verdict }: GceRefusal, moment: Moment) {
  const { retry } = verdict;
  const where =
    moment === "launch"
      ? { action: "instances.insert", zone: ZONES[0] }
      : retry === "never"
        ? {}
        : { action: "zones.get", zone: ZONES[0] };
  const times = moment === "launch" || retry === "same-token" ? { times: 1 } : {};
  return gce.fault({ kind, code, status, ...where, ...times });
}

async function openScene(clock: Clock, layout: GceLayout): Promise<RefusalScene<GceRefusal>> {
  const { types, market } = layout;
  const timing = { provisioningMs: 0, stagingMs: 0, endingMs: 0, otherMs: 0 };
  const gce = await startGce({ timing, rates: noGceRates });
  const adapter = gceAdapter(gce, {
    now: () => clock.now(),
    sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
  });
  const opened = await slipwayOn(clock, adapter);
  const { slipway } = opened;
  const gcp = {
    project: PROJECT,
    zones: [...ZONES],
    subnet: "default",
    ...(market === undefined ? {} : { market }),
  };
  const workspace = await recordWorkspace(slipway, {
    image: { gce: { selfLink: `projects/${PROJECT}/global/images/family/debian-12` } },
    placement: { substrate: "GCP", target: { gcp } },
    machineType: types === null ? null : { gce: { machineTypes: types } },
  });
  return {
    slipway,
    workspace,
    refuse(refusal, moment) {
      const fault = refuse(gce, refusal, moment);
      return () => fault.remove();
    },
    candidateOf({ machine }) {
      const found = gce.instances(PROJECT).find(({ name }) => machine?.id.endsWith(`/${name}`));
      const isSpot = found?.scheduling.provisioningModel === "SPOT";
      return gceCandidates(layout).findIndex(
        ({ place, machineType, market: bought }) =>
          place === found?.zone &&
          (machineType === undefined || machineType === found.machineType) &&
          (bought === undefined || (bought === "spot") === isSpot),
      );
    },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await gce.close();
    },
  };
}
