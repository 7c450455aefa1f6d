import { type Context, mutation, reading } from "../action.ts";
import { Ec2Failure } from "../failure.ts";
import { applyFilters } from "../filters.ts";
import { findImage } from "../images.ts";
import { IMAGE_ID, INSTANCE_ID, notFound } from "../ids.ts";
import { visibleInstance } from "../instances.ts";
import { isVisible } from "../lifecycle.ts";
import { page } from "../paging.ts";
import { FILTERS, PAGING, TAGS, list, required, text } from "../parameters.ts";
import type { Tags } from "../records.ts";
import { mergeTags, readTags, requireMetadataKeys } from "../tags.ts";

/** A taggable resource. */
interface Tagged {
  readonly id: string;
  readonly account: string;
  tags: Tags;
}

export const createTags = mutation(
  { ResourceId: required(list(text)), Tag: required(TAGS) },
  {
    name: "CreateTags",
    prepare(context, { ResourceId, Tag }) {
      const tags = readTags(Tag);
      const changes = ResourceId.map((id) => {
        const record = findTagged(context, id);
        const instance = context.region.instances.get(id);
        if (instance?.metadataOptions.instanceTags === "enabled") requireMetadataKeys(tags);
        return { record, tags: mergeTags(record.tags, tags) };
      });
      return () => {
        for (const change of changes) change.record.tags = change.tags;
        return { return: true };
      };
    },
  },
);

export const describeTags = reading(
  { Filter: FILTERS, ...PAGING },
  {
    name: "DescribeTags",
    read(context, parameters) {
      const { region, account } = context;
      const all = taggedRecords(context).flatMap(({ resourceType, record }) =>
        record.tags.map(({ key, value }) => ({ resourceId: record.id, resourceType, key, value })),
      );
      const found = applyFilters(all, parameters.Filter, {
        key: ({ key }) => key,
        "resource-id": ({ resourceId }) => resourceId,
        "resource-type": ({ resourceType }) => resourceType,
        tag: ({ key, value }) => [`${key}=${value}`],
        value: ({ value }) => value,
      });
      const shown = page(found, ({ resourceId, key }) => `${resourceId} ${key}`, parameters, {
        query: ["DescribeTags", account, region.name, JSON.stringify(parameters.Filter)],
        minimum: 5,
        maximum: 1000,
      });
      return { tagSet: shown.records, nextToken: shown.nextToken };
    },
  },
);

function findTagged(context: Context, id: string): Tagged {
  const { region, account, now } = context;
  if (id.startsWith("i-")) {
    const instance = visibleInstance(context, id);
    if (instance === null) throw notFound([id], INSTANCE_ID);
    return instance;
  }
  if (id.startsWith("ami-")) {
    const image = findImage(region, account, id, now);
    if (image === null) throw notFound([id], IMAGE_ID);
    return image;
  }
  const found = Object.values(collections(context))
    .map((records) => records.get(id))
    .find((record) => record?.account === account);
  if (found === undefined) throw new Ec2Failure("InvalidID", `The ID '${id}' is not valid`);
  return found;
}

function taggedRecords(
  context: Context,
): readonly { readonly resourceType: string; readonly record: Tagged }[] {
  const { region, account, seenAt } = context;
  return Object.entries(collections(context)).flatMap(([resourceType, records]) =>
    [...records.values()].flatMap((record) => {
      const instance = region.instances.get(record.id);
      const isSeen = instance === undefined || isVisible(instance, seenAt);
      return record.account === account && isSeen ? [{ resourceType, record }] : [];
    }),
  );
}

/** Collections by EC2's resource type. */
function collections({ region }: Context): Readonly<Record<string, ReadonlyMap<string, Tagged>>> {
  return {
    image: region.images,
    instance: region.instances,
    "network-interface": region.interfaces,
    "security-group": region.securityGroups,
    subnet: region.subnets,
    volume: region.volumes,
    vpc: region.vpcs,
  };
}
