import { z } from "zod";
import {
  BLAST_RADII,
  ERROR_CODES,
  ERROR_REASONS,
  invalidArgument,
  RETRY_VERDICTS,
} from "../errors.ts";
import { once } from "../async/memoize.ts";
import {
  containerHostFields,
  containerProcessFields,
  containerShape,
} from "./container-document.ts";
import { dataDisks, diskOptions } from "./disk-document.ts";
import { instanceFields } from "./instance-document.ts";
import { computeEngineFields } from "./compute-engine-document.ts";
import { MARKETS } from "./market.ts";
import { ARCHITECTURES, deepFreeze, planId } from "./plan.ts";
import type { LaunchPlan } from "./plan.ts";
import { toCamelCase } from "../json/field-case.ts";
import { describeSchemaFault } from "../json/schema-fault.ts";

// Created when the first plan is parsed: a command that only resolves does not need the schemas.
const text = once(() => z.string());
const texts = once(() => z.array(text()));
const textMap = once(() => z.record(text(), text()));
const jsonObject = once(() => z.record(text(), z.json()));
const orNull = <T extends z.ZodType>(schema: T) => schema.nullable();

const awsTarget = once(() =>
  z.strictObject({
    substrate: z.literal("AWS"),
    accountId: text(),
    region: text(),
    vpcId: orNull(text()),
    subnetIds: texts(),
    securityGroupId: orNull(text()),
    instanceProfileArn: orNull(text()),
    roleArn: orNull(text()),
    readonlyRoleArn: orNull(text()),
    tags: textMap(),
    assignPublicIp: z.boolean(),
    keepVolumes: z.boolean().exactOptional(),
    market: z.enum(MARKETS),
    ...instanceFields(),
  }),
);

const gcpTarget = once(() =>
  z.strictObject({
    substrate: z.literal("GCP"),
    project: text(),
    zones: texts(),
    subnet: text(),
    networkProject: orNull(text()),
    assignPublicIp: z.boolean(),
    serviceAccount: orNull(text()),
    wifProviderResourceName: orNull(text()),
    wifServiceAccount: orNull(text()),
    wifReadonlyServiceAccount: orNull(text()),
    labels: textMap(),
    ...computeEngineFields(),
  }),
);

const dockerTarget = once(() =>
  z.strictObject({
    substrate: z.literal("DOCKER"),
    host: orNull(text()),
    network: orNull(text()),
    labels: textMap(),
    platforms: texts(),
    publishAddress: text(),
    ...containerHostFields(),
  }),
);

const artifact = once(() =>
  z.strictObject({
    id: text(),
    requested: text(),
    pinned: z.boolean(),
    numericId: text().exactOptional(),
    indexDigest: orNull(text()).exactOptional(),
    imageId: text().exactOptional(),
    chainId: orNull(text()).exactOptional(),
    platform: text().exactOptional(),
    createdAt: orNull(text()).exactOptional(),
  }),
);

/** A check, in camelCase. */
export const checkSchema = once(() =>
  z.strictObject({
    name: text(),
    outcome: z.enum(["passed", "failed", "warning", "skipped"]),
    code: z.enum(ERROR_CODES).exactOptional(),
    reason: z.enum(ERROR_REASONS).exactOptional(),
    message: text(),
    remedy: text().exactOptional(),
    blastRadius: z.enum(BLAST_RADII).exactOptional(),
    retry: z.enum(RETRY_VERDICTS).exactOptional(),
    metadata: jsonObject().exactOptional(),
  }),
);

const guest = once(() =>
  z.strictObject({
    repos: z.array(
      z.strictObject({
        cloneUrl: text(),
        baseBranch: orNull(text()),
        conflictResolution: z.enum(["MERGE", "REBASE", "NONE"]),
        clonePath: text().exactOptional(),
      }),
    ),
    ports: z.array(z.strictObject({ port: z.int(), name: orNull(text()) })),
    secretRefs: texts(),
    runtimeSecretMounts: z.array(
      z.strictObject({
        secret: text(),
        env: orNull(text()),
        path: orNull(text()),
        mode: orNull(text()),
      }),
    ),
    userData: orNull(text()),
    bootDocument: z.enum(["cloud-init", "none"]),
    ...containerProcessFields(),
  }),
);

/** A plan, in camelCase. */
export const planSchema = once((): z.ZodType<LaunchPlan> =>
  z.strictObject({
    planId: text(),
    workspace: text(),
    tenant: text(),
    substrate: z.enum(["AWS", "GCP", "DOCKER"]),
    architecture: z.enum(ARCHITECTURES),
    artifact: artifact(),
    machineType: text(),
    machineTypes: z
      .array(
        z.strictObject({
          name: text(),
          vcpus: orNull(z.number()),
          memoryGb: orNull(z.number()),
          gpus: z.array(
            z.strictObject({ name: text(), count: z.int(), memoryGb: orNull(z.number()) }),
          ),
        }),
      )
      .exactOptional(),
    shape: z.strictObject({
      record: orNull(text()),
      vcpus: orNull(z.number()),
      memoryGb: orNull(z.number()),
      diskSizeGb: z.number(),
      diskType: orNull(text()),
      disk: diskOptions().exactOptional(),
      keepDisk: z.boolean().exactOptional(),
      dataDisks: dataDisks().exactOptional(),
      accelerators: z
        .array(z.strictObject({ type: text(), count: z.int().positive() }))
        .exactOptional(),
      container: containerShape().exactOptional(),
    }),
    target: z.discriminatedUnion("substrate", [awsTarget(), gcpTarget(), dockerTarget()]),
    candidates: z.array(
      z.strictObject({
        place: text(),
        subnet: text().exactOptional(),
        market: z.enum(["on-demand", "spot"]).exactOptional(),
        machineType: text().exactOptional(),
        verdict: z.enum(["eligible", "rejected"]),
        reason: orNull(text()),
      }),
    ),
    credential: orNull(
      z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("secret"), secret: text() }),
        z.strictObject({ kind: z.literal("docker-configuration") }),
        z.strictObject({ kind: z.literal("cloud-identity"), service: z.enum(["ECR", "GAR"]) }),
        z.strictObject({ kind: z.literal("anonymous") }),
      ]),
    ),
    guest: guest(),
    settings: jsonObject(),
    checks: z.array(checkSchema()),
    sources: textMap(),
    records: z.array(z.strictObject({ kind: text(), name: text(), generation: z.int() })),
    floatingReads: z.array(z.strictObject({ reference: text(), value: text(), readAt: text() })),
  }),
);

/**
 * Parses a plan that was printed, saved or stored (snake_case), strictly, checks its hash and freezes it.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_PLAN` for anything that is not a plan or was changed
 */
export function parsePlan(document: unknown): LaunchPlan {
  const parsed = planSchema().safeParse(toCamelCase(document));
  if (!parsed.success) throw invalidPlan(describeSchemaFault(parsed.error));
  const plan = parsed.data;
  const computed = planId(plan);
  if (computed !== plan.planId) {
    throw invalidPlan(
      `its content has the id ${computed}, but it says ${plan.planId}: it was changed after it was made`,
    );
  }
  return deepFreeze(plan);
}

function invalidPlan(why: string) {
  return invalidArgument(
    "INVALID_PLAN",
    `this is not a valid plan: ${why}`,
    "Resolve the workspace again with `slipway resolve WORKSPACE --save FILE`.",
  );
}
