import type { SlipwayError } from "../../../src/errors.ts";
import type { Check } from "../../../src/plan/plan.ts";
import { failedBy, skipped } from "../../../src/substrate/check.ts";
import type { ImageInspection, ImageSource } from "../../../src/substrate/contract.ts";
import { imageChecks } from "./image-checks.ts";
import { architectureOf, imageFactsOf, toFacts, skippedFacts } from "./image-facts.ts";
import { missingImageError } from "./image-search.ts";
import type { SearchPorts } from "./image-search.ts";
import type { AwsReader } from "../client/reads.ts";
import { obstacleName } from "../errors/failed-reads.ts";
import { settled } from "../../../src/substrate/reading.ts";

type AwsImage = Extract<ImageSource, { substrate: "AWS" }>;

export interface ImagePorts extends SearchPorts {
  readonly reader: AwsReader;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The checks of an AMI, in this order. */
const STAGES = ["image.found", "image.state", "image.platform", "image.deprecation"] as const;

/**
 * Reads the AMI that the image record names for the region. Every fault is a failed check; only a cancellation is
 * thrown. If the record has no entry for the region, EC2 is not asked: the resolver has already reported it.
 *
 * @param name the image record's name, for messages
 */
export async function inspectAwsImage(
  { reader, api, now }: ImagePorts,
  source: AwsImage,
  name: string,
  signal: AbortSignal,
): Promise<ImageInspection> {
  const { region } = reader;
  const id = Object.hasOwn(source.amiIds, region) ? source.amiIds[region] : undefined;
  if (id === undefined)
    return absent(skippedStages(STAGES, `image ${name} names no AMI in ${region}`));
  const { value: image, error } = await settled(reader.image(id, signal));
  if (error === null) {
    const facts = imageFactsOf(image);
    const checks = imageChecks({ name, region, image, facts, now: now() });
    const refused = checks.some(({ outcome }) => outcome === "failed");
    return {
      artifact: {
        id: facts.id,
        requested: id,
        pinned: true,
        createdAt: image.CreationDate ?? null,
      },
      architecture: architectureOf(facts.architecture),
      checks,
      floating: [],
      sources: sourcesOf(region),
      facts: toFacts(facts, refused),
    };
  }
  const obstacle = obstacleName(error);
  if (obstacle !== null) return skippedInspection(obstacle, error);
  if (error.reason !== "IMAGE_NOT_FOUND") return failedInspection(error, `image ${name}: `);
  const otherRegions = Object.keys(source.amiIds).filter((other) => other !== region);
  return failedInspection(
    await missingImageError({ api }, { id, name, region, otherRegions }, signal),
  );
}

function sourcesOf(region: string): Record<string, string> {
  const answer = `DescribeImages in ${region}`;
  return { "/artifact/id": answer, "/artifact/created_at": answer };
}

function failedInspection(error: SlipwayError, prefix = ""): ImageInspection {
  const [found, ...rest] = STAGES;
  const unchecked = skippedStages(rest, `not checked, because ${found} failed`);
  return absent([failedBy(found, error, prefix), ...unchecked]);
}

/** Reports a cause that makes every call fail, and passes it to preflight in the facts, so that it makes no calls. */
function skippedInspection(obstacle: string, error: SlipwayError): ImageInspection {
  const checks = [failedBy(obstacle, error), ...skippedStages(STAGES, "AWS could not be called")];
  return { ...absent(checks), facts: skippedFacts(error.message) };
}

function skippedStages(stages: readonly string[], why: string): readonly Check[] {
  return stages.map((name) => skipped(name, why));
}

function absent(checks: readonly Check[]): ImageInspection {
  return { artifact: null, architecture: null, checks, floating: [], sources: {}, facts: {} };
}
