import { createDeadline } from "../../../src/async/cancellation.ts";
import { SlipwayError } from "../../../src/errors.ts";
import type { AwsApi } from "../client/api.ts";
import { cloudError } from "../errors/errors.ts";
import { settled } from "../../../src/substrate/reading.ts";

export interface SearchPorts {
  readonly api: (region: string) => AwsApi;
}

export interface MissingImage {
  readonly id: string;
  /** Name of the image record. */
  readonly name: string;
  /** The region that does not have it. */
  readonly region: string;
  /** The other regions for which the image record has an entry. */
  readonly otherRegions: readonly string[];
}

/** The search only adds a hint to an error, which is not worth a long wait. */
const SEARCH_MILLISECONDS = 5_000;
const INCLUDE_UNUSABLE = { IncludeDeprecated: true, IncludeDisabled: true } as const;

/**
 * The error for an AMI that the region does not have. It says where the AMI was found: in the image record's other
 * regions, else in any region enabled for the account (one call per region, all at once). It also names AMIs of the same
 * name in the region. Searches that fail are left out, because the AMI is missing all the same.
 */
export async function missingImageError(
  ports: SearchPorts,
  missing: MissingImage,
  signal: AbortSignal,
): Promise<SlipwayError> {
  using deadline = createDeadline(signal, SEARCH_MILLISECONDS);
  const { region, otherRegions } = missing;
  const [inRecord, enabled] = await Promise.all([
    findInRegions(ports, missing, otherRegions, deadline.signal),
    regionsOf(ports, region, deadline.signal),
  ]);
  const rest = enabled.filter((name) => name !== region && !otherRegions.includes(name));
  const found =
    inRecord.length > 0 ? inRecord : await findInRegions(ports, missing, rest, deadline.signal);
  const names = [...new Set([...found.flatMap(({ name }) => name ?? []), missing.name])];
  const sameName = await imagesWithName(ports, region, names, deadline.signal);
  if (signal.aborted) throw cloudError(signal.reason, { ...CONTEXT, region, signal });
  return found.length > 0
    ? foundElsewhere(
        missing,
        found.map(({ region: name }) => name),
        sameName,
      )
    : notFound(missing, sameName);
}

const CONTEXT = { operation: "DescribeImages", subject: "an AMI" } as const;

interface FoundImage {
  readonly region: string;
  readonly name: string | null;
}

async function findInRegions(
  { api }: SearchPorts,
  { id }: MissingImage,
  regions: readonly string[],
  signal: AbortSignal,
): Promise<readonly FoundImage[]> {
  const Filters = [{ Name: "image-id", Values: [id] }];
  const answers = await Promise.all(
    regions.map(async (region): Promise<readonly FoundImage[]> => {
      const images = await imagesIn(api(region), { Filters, ...INCLUDE_UNUSABLE }, signal);
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
  const { value } = await settledHint(api(region).describeRegions({}, signal), region);
  return (value?.Regions ?? []).flatMap(({ RegionName }) => RegionName ?? []).toSorted();
}

/** Ids of the account's own available AMIs with one of these names, sorted. */
async function imagesWithName(
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
  const { value } = await settledHint(api.describeImages(input, signal), api.region);
  return value?.Images ?? [];
}

/** Settles one call of the search. A failure, also by the deadline, gives a value and is not thrown. */
function settledHint<Answer>(answer: Promise<Answer>, region: string) {
  return settled(
    answer.catch((caught: unknown) => {
      throw cloudError(caught, { ...CONTEXT, region });
    }),
  );
}

function foundElsewhere(
  { id, name, region }: MissingImage,
  regions: readonly string[],
  sameName: readonly string[],
): SlipwayError {
  const [source = ""] = regions;
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "REGION_MISMATCH",
    message: `image ${name}: ${id} is in ${regions.join(" and ")}, not ${region}`,
    remedy:
      sameName.length > 0
        ? `Put ${sameName.join(" or ")}, which has the same name in ${region}, into aws.ami_ids of image ${name}.`
        : `Copy it (aws ec2 copy-image --source-region ${source} --region ${region}) and put the copy's id into aws.ami_ids of image ${name}, or use a placement in ${regions.join(" or ")}.`,
    blastRadius: "region",
    metadata: { image_id: id, region, found_in: regions, same_name: sameName },
  });
}

function notFound({ id, name, region }: MissingImage, sameName: readonly string[]): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "IMAGE_NOT_FOUND",
    message: `image ${name}: EC2 does not know ${id} in ${region}: it was deregistered, or is not shared with this account`,
    remedy:
      sameName.length > 0
        ? `Put ${sameName.join(" or ")}, which has the same name, into aws.ami_ids of image ${name}.`
        : `Put the id of an AMI that this account owns or that is shared with it into aws.ami_ids of image ${name}. If the account restricts the AMIs that it may use, look at aws ec2 get-allowed-images-settings --region ${region}.`,
    blastRadius: "image",
    metadata: { image_id: id, region, same_name: sameName },
  });
}
