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
    id: text().describe(
      "The AMI id, the self-link of a Compute Engine image, or repository and digest of a manifest.",
    ),
    requested: text().describe("The reference in the image record."),
    pinned: z
      .boolean()
      .describe("Whether a provider was asked. A plan that is not pinned cannot be spawned."),
    numericId: text().exactOptional().describe("The numeric id of a Compute Engine image."),
    indexDigest: orNull(text())
      .exactOptional()
      .describe("The digest of the index that the reference named; null if it named a manifest."),
    imageId: text().exactOptional().describe("The digest of the image's configuration."),
    chainId: orNull(text()).exactOptional().describe("The ChainID of the top layer."),
    platform: text().exactOptional().describe("The platform of the image."),
    createdAt: orNull(text())
      .exactOptional()
      .describe("The time at which the image was created, as the provider reports it."),
  }),
);

/** A check, in camelCase. */
export const checkSchema = once(() =>
  z.strictObject({
    name: text().describe("The name of the check."),
    outcome: z
      .enum(["passed", "failed", "warning", "skipped"])
      .describe("The outcome of the check."),
    code: z.enum(ERROR_CODES).exactOptional().describe("The error's code, of a check that failed."),
    reason: z
      .enum(ERROR_REASONS)
      .exactOptional()
      .describe("The error's reason, of a check that failed."),
    message: text().describe("The finding."),
    remedy: text().exactOptional().describe("The next step of the user."),
    blastRadius: z.enum(BLAST_RADII).exactOptional().describe("How far the failure reaches."),
    retry: z
      .enum(RETRY_VERDICTS)
      .exactOptional()
      .describe("Whether and where a repetition may succeed."),
    metadata: jsonObject().exactOptional().describe("Further details."),
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

const shape = once(() =>
  z.strictObject({
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
);

const candidates = once(() =>
  z.array(
    z.strictObject({
      place: text().describe("The zone, or the host of the engine."),
      subnet: text().exactOptional().describe("The subnet on EC2."),
      market: z
        .enum(["on-demand", "spot"])
        .exactOptional()
        .describe("The market, if the placement has a choice of them."),
      machineType: text()
        .exactOptional()
        .describe("The machine type, if the candidates have different ones."),
      verdict: z.enum(["eligible", "rejected"]).describe("Whether a launch may go there."),
      reason: orNull(text()).describe("The reason of a rejection; null for an eligible candidate."),
    }),
  ),
);

/** A plan, in camelCase. */
export const planSchema = once((): z.ZodType<LaunchPlan> =>
  z.strictObject({
    planId: text().describe(
      "SHA-256 of the plan without this field and the times of its readings.",
    ),
    workspace: text().describe("The workspace that was resolved."),
    tenant: text().describe("The tenant that the plan belongs to."),
    substrate: z.enum(["AWS", "GCP", "DOCKER"]).describe("The substrate of the machine."),
    architecture: z.enum(ARCHITECTURES).describe("The architecture of image and machine."),
    artifact: artifact().describe("The concrete image that the machine boots."),
    machineType: text().describe("The provider's machine type, the first of several."),
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
      .exactOptional()
      .describe("The machine types in order of preference, as the provider describes them."),
    shape: shape().describe("The size of the machine and its disks."),
    target: z
      .discriminatedUnion("substrate", [awsTarget(), gcpTarget(), dockerTarget()])
      .describe("The placement's target at the time of the resolution."),
    candidates: candidates().describe(
      "The places in which a launch may go, in order, and those that were rejected.",
    ),
    credential: orNull(
      z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("secret"), secret: text() }),
        z.strictObject({ kind: z.literal("docker-configuration") }),
        z.strictObject({ kind: z.literal("cloud-identity"), service: z.enum(["ECR", "GAR"]) }),
        z.strictObject({ kind: z.literal("anonymous") }),
      ]),
    ).describe(
      "The source of the credential for the image's registry, never the credential itself.",
    ),
    guest: guest().describe("The requests of the workspace for the running machine."),
    settings: jsonObject().describe(
      "Further settings of this substrate, such as the container's configuration.",
    ),
    checks: z.array(checkSchema()).describe("Everything that was checked."),
    sources: textMap().describe("The source of each value, by its JSON pointer in the plan."),
    records: z
      .array(
        z.strictObject({
          kind: text().describe("The kind of the record."),
          name: text().describe("The name of the record."),
          generation: z.int().describe("The generation of the record."),
        }),
      )
      .describe(
        "The records that the plan was resolved from. It is stale once one of them has changed.",
      ),
    floatingReads: z
      .array(
        z.strictObject({
          reference: text().describe("The reference."),
          value: text().describe("Its value at the time of the reading."),
          readAt: text().describe("The time of the reading, in UTC."),
        }),
      )
      .describe("The references that may mean something else tomorrow, with their values."),
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
