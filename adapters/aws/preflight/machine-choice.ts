import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";
import type { SlipwayError } from "../../../src/errors.ts";
import type { Check, PlanDraft } from "../../../src/plan/plan.ts";
import { failed, passed, skipped } from "../../../src/substrate/check.ts";
import { chooseGeneralType } from "../client/general-types.ts";
import type { GeneralTypes } from "../client/general-types.ts";
import { ec2Architecture } from "../image/image-facts.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import { MACHINE_TYPE_CHECKS, machineTypeChecks } from "./machine-type-checks.ts";
import type { AwsReader } from "../client/reads.ts";
import { unread } from "../errors/failed-reads.ts";
import { settled } from "../../../src/substrate/reading.ts";
import type { Reading } from "../../../src/substrate/reading.ts";

/** The machine type of a draft whose workspace names no environment. */
const NO_TYPE = "default";

/** EC2's description of the draft's machine type, or of the types from which the default is chosen. */
export type MachineReading =
  | {
      readonly kind: "named";
      readonly info: Reading<InstanceTypeInfo | null>;
      readonly zones: Reading<readonly string[]>;
    }
  | { readonly kind: "general"; readonly types: Reading<GeneralTypes> };

export interface MachineChoice {
  /** EC2's name of the type. Null if none could be chosen. */
  readonly name: string | null;
  readonly info: InstanceTypeInfo | null;
  /** Zones that offer it. Null if they are not known or the type does not exist. */
  readonly zones: readonly string[] | null;
  /** The failed read because of which the zones are not known; null if there is none. */
  readonly zonesError: SlipwayError | null;
  readonly checks: readonly Check[];
  /** The source of the type, for the plan's sources. Null if a record names it. */
  readonly source: string | null;
  readonly errors: readonly (SlipwayError | null)[];
}

/** The type that the draft names. Null if Slipway chooses it. */
export function namedType({ machineType }: Pick<PlanDraft, "machineType">): string | null {
  return machineType === NO_TYPE ? null : machineType;
}

export async function readMachine(
  reader: AwsReader,
  draft: PlanDraft,
  signal: AbortSignal,
): Promise<MachineReading> {
  const name = namedType(draft);
  if (name === null) {
    const architecture = ec2Architecture(draft.architecture);
    return { kind: "general", types: await settled(reader.generalTypes(architecture, signal)) };
  }
  const [info, zones] = await Promise.all([
    settled(reader.instanceType(name, signal)),
    settled(reader.zonesWith(name, signal)),
  ]);
  return { kind: "named", info, zones };
}

export interface MachineChoiceInput {
  readonly reading: MachineReading;
  readonly draft: PlanDraft;
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
  { draft, image, region }: MachineChoiceInput,
  { info, zones }: Extract<MachineReading, { kind: "named" }>,
): MachineChoice {
  const name = draft.machineType;
  return {
    name,
    info: info.value,
    // A check already reports a type that does not exist. That no zone offers it adds nothing.
    zones: info.value === null ? null : zones.value,
    zonesError: zones.error,
    checks:
      info.error === null
        ? machineTypeChecks({ name, region, info: info.value, draft, image })
        : unreadChecks(info.error),
    source: null,
    errors: [info.error, zones.error],
  };
}

function defaultChoice(
  { draft, image, region, zones }: MachineChoiceInput,
  types: Reading<GeneralTypes>,
): MachineChoice {
  const nothing = { name: null, info: null, zones: null, zonesError: null, source: null };
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
  const checks = machineTypeChecks({ name, region, info, draft, image });
  return {
    name,
    info,
    zones: chosen.zones,
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
