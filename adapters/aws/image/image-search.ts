import { createDeadline } from "../../../src/async/cancellation.ts";
import { SlipwayError } from "../../../src/errors.ts";
import type { AwsApi } from "../client/api.ts";
import { cloudError } from "../errors/errors.ts";
import { settled } from "../../../src/substrate/reading.ts";

export interface SearchPorts {
  readonly api: (region: string) => AwsApi;
}

export interface LostImage {
  readonly id: string;
  /** Name of the image record. */
  readonly name: string;
  /** Where it was looked for in vain. */
  readonly region: string;
  /** The other regions that the image record has entries of. */
  readonly otherRegions: readonly string[];
}

/** A hint is not worth waiting for long. */
const SEARCH_MILLISECONDS = 5_000;
const NOT_DEPRECATED_ONLY = { IncludeDeprecated: true, IncludeDisabled: true } as const;

/**
 * Looks where an AMI is that the region does not know: in the record's other regions, else in all that the account
 * uses, one call a region and all at once; and whether the region has another of its name. What cannot be asked is left
 * out: the id is unknown all the same.
 */
export async function lostImageError(
  ports: SearchPorts,
  lost: LostImage,
  signal: AbortSignal,
): Promise<SlipwayError> {
  using deadline = createDeadline(signal, SEARCH_MILLISECONDS);
  const { region, otherRegions } = lost;
  const [here, further] = await Promise.all([
    find(ports, lost, otherRegions, deadline.signal),
    regionsOf(ports, region, deadline.signal),
  ]);
  const rest = further.filter((name) => name !== region && !otherRegions.includes(name));
  const found = here.length > 0 ? here : await find(ports, lost, rest, deadline.signal);
  const names = [...new Set([...found.flatMap(({ name }) => name ?? []), lost.name])];
  const twins = await namesakes(ports, region, names, deadline.signal);
  if (signal.aborted) throw cloudError(signal.reason, { ...CONTEXT, region, signal });
  return found.length > 0
    ? elsewhere(
        lost,
        found.map(({ region: name }) => name),
        twins,
      )
    : nowhere(lost, twins);
}

const CONTEXT = { operation: "DescribeImages", subject: "an AMI" } as const;

interface Sighting {
  readonly region: string;
  readonly name: string | null;
}

async function find(
  { api }: SearchPorts,
  { id }: LostImage,
  regions: readonly string[],
  signal: AbortSignal,
): Promise<readonly Sighting[]> {
  const Filters = [{ Name: "image-id", Values: [id] }];
  const answers = await Promise.all(
    regions.map(async (region): Promise<readonly Sighting[]> => {
      const images = await imagesIn(api(region), { Filters, ...NOT_DEPRECATED_ONLY }, signal);
      return images.map(({ Name }) => ({ region, name: Name ?? null }));
    }),
  );
  return answers.flat();
}

async function regionsOf(
  { api }: SearchPorts,
  region: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { value } = await hint(api(region).describeRegions({}, signal), region);
  return (value?.Regions ?? []).flatMap(({ RegionName }) => RegionName ?? []).toSorted();
}

/** Ids of the account's own available AMIs with one of these names, in the order of their ids. */
async function namesakes(
  { api }: SearchPorts,
  region: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const Filters = [
    { Name: "name", Values: [...names] },
    { Name: "state", Values: ["available"] },
  ];
  const images = await imagesIn(api(region), { Owners: ["self"], Filters }, signal);
  return images.flatMap(({ ImageId }) => ImageId ?? []).toSorted();
}

async function imagesIn(
  api: AwsApi,
  input: Parameters<AwsApi["describeImages"]>[0],
  signal: AbortSignal,
) {
  const { value } = await hint(api.describeImages(input, signal), api.region);
  return value?.Images ?? [];
}

/** Whatever goes wrong with a hint, the time being over among it, is no hint. */
function hint<Answer>(answer: Promise<Answer>, region: string) {
  return settled(
    answer.catch((caught: unknown) => {
      throw cloudError(caught, { ...CONTEXT, region });
    }),
  );
}

function elsewhere(
  { id, name, region }: LostImage,
  regions: readonly string[],
  twins: readonly string[],
): SlipwayError {
  const [source = ""] = regions;
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "REGION_MISMATCH",
    message: `image ${name}: ${id} is in ${regions.join(" and ")}, not ${region}`,
    remedy:
      twins.length > 0
        ? `Put ${twins.join(" or ")}, which has its name in ${region}, into aws.ami_ids of image ${name}.`
        : `Copy it (aws ec2 copy-image --source-region ${source} --region ${region}) and put the copy's id into aws.ami_ids of image ${name}, or use a placement in ${regions.join(" or ")}.`,
    blastRadius: "region",
    metadata: { image_id: id, region, found_in: regions, same_name: twins },
  });
}

function nowhere({ id, name, region }: LostImage, twins: readonly string[]): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "IMAGE_NOT_FOUND",
    message: `image ${name}: EC2 knows no ${id} in ${region}: it was deregistered, or is not shared with this account`,
    remedy:
      twins.length > 0
        ? `Put ${twins.join(" or ")}, which has its name, into aws.ami_ids of image ${name}.`
        : `Put the id of an AMI into aws.ami_ids of image ${name} that this account owns or that is shared with it.`,
    blastRadius: "image",
    metadata: { image_id: id, region, same_name: twins },
  });
}
