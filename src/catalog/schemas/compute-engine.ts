/** The options of Compute Engine machines in placements. */
import { z } from "zod";
import { once } from "../../async/memoize.ts";
import {
  CONFIDENTIAL_TYPES,
  HOST_MAINTENANCE,
  TERMINATION_ACTIONS,
} from "../../plan/compute-engine.ts";
import type { ComputeEngineOptions } from "../../plan/compute-engine.ts";
import { MARKETS } from "../../plan/market.ts";
import { accessFields } from "./compute-engine-access.ts";
import { text } from "./common.ts";

const oneOf = <T extends string>(values: readonly T[]) =>
  z.enum(values, `must be one of ${values.join(", ")}`).exactOptional();

const flag = () => z.boolean("must be true or false").exactOptional();

/** The words `none` and `any` are names as well. */
const RESERVATION =
  /^(?:projects\/[a-z0-9.:-]{1,128}\/reservations\/)?[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** The options that the placement sets. */
export const computeEngineFields = once(() => ({
  market: oneOf(MARKETS).meta({
    description:
      "Where capacity is bought. `SPOT_THEN_ON_DEMAND` tries spot machines in every zone first.",
    default: "ON_DEMAND",
    examples: ["SPOT"],
  }),
  terminationAction: oneOf(TERMINATION_ACTIONS).meta({
    description: "What becomes of a spot machine that Compute Engine reclaims.",
    default: "STOP",
    examples: ["DELETE"],
  }),
  onHostMaintenance: oneOf(HOST_MAINTENANCE).meta({
    description:
      "What becomes of a machine on demand during maintenance of its host. Without it, machines migrate if their type can.",
    examples: ["TERMINATE"],
  }),
  automaticRestart: flag().meta({
    description: "Whether a machine on demand restarts after maintenance or a failure of its host.",
    default: true,
    examples: [false],
  }),
  shielded: z
    .strictObject({
      secureBoot: flag().meta({
        description: "Whether only signed software boots.",
        default: false,
        examples: [true],
      }),
      vtpm: flag().meta({
        description: "Whether the machine has a virtual trusted platform module.",
        default: true,
        examples: [false],
      }),
      integrityMonitoring: flag().meta({
        description:
          "Whether measurements of the boot are compared with a baseline. It needs `vtpm`.",
        default: true,
        examples: [false],
      }),
    })
    .exactOptional()
    .meta({
      description: "Protection of the boot, for images that support UEFI.",
      examples: [{ secure_boot: true }],
    }),
  confidential: z
    .strictObject({
      type: z
        .enum(CONFIDENTIAL_TYPES, `must be one of ${CONFIDENTIAL_TYPES.join(", ")}`)
        .meta({ description: "The technology that encrypts the memory.", examples: ["SEV_SNP"] }),
    })
    .exactOptional()
    .meta({
      description:
        "Encryption of the machine's memory, on the machine types and images that support it.",
      examples: [{ type: "SEV" }],
    }),
  ...accessFields(),
  reservation: text(
    RESERVATION,
    "must be none, any, a reservation's name or projects/P/reservations/NAME",
    256,
  )
    .exactOptional()
    .meta({
      description:
        "The reservation that machines on demand consume: `none`, `any`, a name, or `projects/P/reservations/N` of another project.",
      default: "any",
      examples: ["agents"],
    }),
}));

/** A value that another option contradicts. The message says what to write instead. */
export interface ComputeEngineClash {
  readonly path: readonly string[];
  readonly message: string;
}

/** https://cloud.google.com/compute/docs/instances/spot#limitations */
export function computeEngineClashes({
  market = "ON_DEMAND",
  terminationAction,
  onHostMaintenance,
  automaticRestart,
  shielded,
  confidential,
  reservation = "none",
}: ComputeEngineOptions): readonly ComputeEngineClash[] {
  const clashes: ComputeEngineClash[] = [];
  if (market === "ON_DEMAND" && terminationAction !== undefined)
    clashes.push({
      path: ["terminationAction"],
      message:
        "is for spot machines only: set market to SPOT or SPOT_THEN_ON_DEMAND, or leave it out",
    });
  if (market === "SPOT" && onHostMaintenance === "MIGRATE")
    clashes.push({
      path: ["onHostMaintenance"],
      message: "must be TERMINATE with market SPOT, because spot machines do not migrate",
    });
  if (market === "SPOT" && automaticRestart === true)
    clashes.push({
      path: ["automaticRestart"],
      message: "must be false with market SPOT, because spot machines do not restart",
    });
  if (market === "SPOT" && reservation !== "none")
    clashes.push({
      path: ["reservation"],
      message: "must be none with market SPOT, because spot machines consume no reservation",
    });
  if (shielded?.vtpm === false && shielded.integrityMonitoring !== false)
    clashes.push({
      path: ["shielded"],
      message:
        "must have integrity_monitoring false with vtpm false, because it compares measurements of the vTPM",
    });
  if (confidential !== undefined && confidential.type !== "SEV" && onHostMaintenance === "MIGRATE")
    clashes.push({
      path: ["onHostMaintenance"],
      message: `must be TERMINATE with confidential type ${confidential.type}, because only SEV machines migrate`,
    });
  return clashes;
}
