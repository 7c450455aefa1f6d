import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";
import type { SlipwayError } from "../../../src/errors.ts";
import { machineTypeAt, machineTypesOf } from "../../../src/plan/machine-types.ts";
import type { AwsTarget, Candidate, Check, PlanDraft } from "../../../src/plan/plan.ts";
import { failed, passed, skipped } from "../../../src/substrate/check.ts";
import { chooseGeneralType } from "../client/general-types.ts";
import type { GeneralTypes } from "../client/general-types.ts";
import { ec2Architecture } from "../image/image-facts.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import { MACHINE_TYPE_CONFIDENTIAL } from "./confidential-checks.ts";
import { MACHINE_TYPE_CHECKS, machineTypeChecks } from "./machine-type-checks.ts";
import type { TypeChoice } from "./type-choice.ts";
import type { AwsReader } from "../client/reads.ts";
import { unread } from "../errors/failed-reads.ts";
import { checksOfTypes, refusalOfType } from "../../../src/substrate/type-checks.ts";
import { settled } from "../../../src/substrate/reading.ts";
import type { Reading } from "../../../src/substrate/reading.ts";

/** The machine type of a draft whose workspace names no environment. */
const NO_TYPE = "default";

/** Of several types, one that fails such a check is left out; any other failure is a mistake of the record. */
const RULING_CHECKS: ReadonlySet<string> = new Set([
  MACHINE_TYPE_CHECKS.exists,
  MACHINE_TYPE_CHECKS.boots,
  MACHINE_TYPE_CONFIDENTIAL,
]);

/** EC2's descriptions of the draft's machine types, or of the types from which the default is chosen. */
export type MachineReading =
  | {
      readonly kind: "named";
      readonly infos: Reading<readonly InstanceTypeInfo[]>;
      readonly zones: Reading<ReadonlyMap<string, readonly string[]>>;
    }
  | { readonly kind: "general"; readonly types: Reading<GeneralTypes> };

export interface MachineChoice {
  /** In order of preference. Empty if none could be chosen. */
  readonly types: readonly TypeChoice[];
  /** The failed read because of which the zones are not known; null if there is none. */
  readonly zonesError: SlipwayError | null;
  readonly checks: readonly Check[];
  /** The source of the default type, for the plan's sources. Null if a record names it. */
  readonly source: string | null;
  readonly errors: readonly (SlipwayError | null)[];
}

/** The type that the draft names at the candidate. Null if Slipway chooses it. */
export function namedType(
  draft: Pick<PlanDraft, "machineType">,
  candidate: Pick<Candidate, "machineType">,
): string | null {
  const name = machineTypeAt(draft, candidate);
  return name === NO_TYPE ? null : name;
}

export async function readMachine(
  reader: AwsReader,
  draft: PlanDraft,
  signal: AbortSignal,
): Promise<MachineReading> {
  if (draft.machineType === NO_TYPE) {
    const architecture = ec2Architecture(draft.architecture);
    return { kind: "general", types: await settled(reader.generalTypes(architecture, signal)) };
  }
  const names = machineTypesOf(draft);
  const [infos, zones] = await Promise.all([
    settled(reader.instanceTypes(names, signal)),
    settled(reader.zonesWith(names, signal)),
  ]);
  return { kind: "named", infos, zones };
}

export interface MachineChoiceInput {
  readonly reading: MachineReading;
  readonly draft: PlanDraft;
  readonly confidential: AwsTarget["confidential"];
  readonly image: ImageFacts | null;
  readonly region: string;
  /** The zones of the placement's subnets. */
  readonly zones: readonly string[];
}

/** The draft's type with its checks, or the default type if the draft names none. */
export function chooseMachine(input: MachineChoiceInput): MachineChoice {
  const { reading } = input;
  return reading.kind === "named"
    ? namedChoice(input, reading)
    : defaultChoice(input, reading.types);
}

function namedChoice(
  { draft, confidential, image, region }: MachineChoiceInput,
  { infos, zones }: Extract<MachineReading, { kind: "named" }>,
): MachineChoice {
  const names = machineTypesOf(draft);
  const isOneOfSeveral = names.length > 1;
  const known = names.map((name) => ({
    name,
    info: infos.value?.find(({ InstanceType }) => InstanceType === name) ?? null,
  }));
  const checked = known.map(({ name, info }) => ({
    name,
    checks:
      infos.error === null
        ? machineTypeChecks({ name, region, info, draft, confidential, image, isOneOfSeveral })
        : [],
  }));
  const types = known.map(({ name, info }, index): TypeChoice => {
    const refusal = refusalOfType(checked[index]?.checks ?? [], RULING_CHECKS);
    return {
      name,
      info,
      // A check already reports a type that does not exist. That no zone offers it adds nothing.
      zones: info === null ? null : (zones.value?.get(name) ?? null),
      refusal: isOneOfSeveral ? refusal : null,
    };
  });
  return {
    types,
    zonesError: zones.error,
    checks:
      infos.error === null ? checksOfTypes(checked, RULING_CHECKS) : unreadChecks(infos.error),
    source: null,
    errors: [infos.error, zones.error],
  };
}

function defaultChoice(
  { draft, confidential, image, region, zones }: MachineChoiceInput,
  types: Reading<GeneralTypes>,
): MachineChoice {
  const nothing = { types: [], zonesError: null, source: null };
  if (types.error !== null)
    return { ...nothing, checks: unreadChecks(types.error), errors: [types.error] };
  const chosen = chooseGeneralType(types.value, zones);
  const { exists, ...further } = MACHINE_TYPE_CHECKS;
  if (chosen === null) {
    const why = "no instance type was chosen";
    const none =
      zones.length === 0
        ? skipped(exists, "the placement has no existing subnet, so no instance type was chosen")
        : failed(exists, {
            code: "FAILED_PRECONDITION",
            reason: "MACHINE_TYPE_NOT_OFFERED",
            message: `no small general-purpose instance type for ${draft.architecture} is offered in ${zones.join(", ")}`,
            remedy: "Name an environment with a machine type in the workspace.",
            blastRadius: "region",
            metadata: { region, zones },
          });
    const unchecked = Object.values(further).map((check) => skipped(check, why));
    return { ...nothing, checks: [none, ...unchecked], errors: [] };
  }
  const { name, info, vcpus, memoryMib } = chosen;
  const size = `${vcpus} vCPUs and ${memoryMib / 1_024} GiB`;
  const isOneOfSeveral = false;
  const checks = machineTypeChecks({
    name,
    region,
    info,
    draft,
    confidential,
    image,
    isOneOfSeveral,
  });
  return {
    types: [{ name, info, zones: chosen.zones, refusal: null }],
    zonesError: null,
    checks: [
      passed("machine-type.default", `${name} (${size}) is the default in this region`),
      ...checks,
    ],
    source: `default: the first general-purpose type with ${size} from DescribeInstanceTypes and DescribeInstanceTypeOfferings in ${region}`,
    errors: [],
  };
}

function unreadChecks(error: SlipwayError): readonly Check[] {
  const { exists, ...further } = MACHINE_TYPE_CHECKS;
  const unchecked = Object.values(further).map((name) =>
    skipped(name, "EC2 did not describe the instance type"),
  );
  return [unread(exists, error), ...unchecked];
}
