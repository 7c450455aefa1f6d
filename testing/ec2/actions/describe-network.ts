import { type Context, reading } from "../action.ts";
import { type FilterTable, applyFilters, tagFilters } from "../filters.ts";
import { GROUP_ID, type IdKind, SUBNET_ID, VPC_ID, lookUp } from "../ids.ts";
import { defaultNetwork, maySeeSubnet, takenAddresses, usableAddresses } from "../network.ts";
import { type Page, page, refusePagingOfIds } from "../paging.ts";
import { FILTERS, type Filters, PAGING, list, text } from "../parameters.ts";
import type { SecurityGroup, Subnet, Vpc } from "../records.ts";
import { tagSet } from "../tags.ts";
import type { XmlFields } from "../xml.ts";

interface Listing<T> {
  /** Whether the account sees a record. Default: only its own. */
  readonly isVisible?: (record: T, account: string) => boolean;
  readonly action: string;
  readonly kind: IdKind;
  readonly idsName: string;
  readonly records: ReadonlyMap<string, T>;
  readonly filters: FilterTable<T>;
}

interface ListingRequest {
  readonly ids: readonly string[];
  readonly Filter: Filters;
  readonly MaxResults: number | null;
  readonly NextToken: string | null;
}

/** Common part of the describes of network resources. The default network is created on the first describe. */
function listOwned<T extends { readonly id: string; readonly account: string }>(
  context: Context,
  { action, kind, idsName, records, filters, isVisible = isOwn }: Listing<T>,
  request: ListingRequest,
): Page<T> {
  const { region, account } = context;
  defaultNetwork(region, account);
  refusePagingOfIds(request.ids, request, idsName);
  const find = (id: string): T | null => {
    const record = records.get(id);
    return record !== undefined && isVisible(record, account) ? record : null;
  };
  const all =
    request.ids.length > 0
      ? lookUp(request.ids, kind, find)
      : [...records.values()].filter((record) => isVisible(record, account));
  return page(applyFilters(all, request.Filter, filters), ({ id }) => id, request, {
    query: [action, account, region.name, JSON.stringify(request.Filter)],
    minimum: 5,
    maximum: 1000,
  });
}

function isOwn(record: { readonly account: string }, account: string): boolean {
  return record.account === account;
}

export const describeSubnets = reading(
  { Filter: FILTERS, SubnetId: list(text), ...PAGING },
  {
    name: "DescribeSubnets",
    read(context, { SubnetId: ids, ...request }) {
      const { region, now } = context;
      const free = (subnet: Subnet): number =>
        usableAddresses(subnet.cidr) - takenAddresses(region, subnet.id, now).size;
      const shown = listOwned(
        context,
        {
          action: "DescribeSubnets",
          kind: SUBNET_ID,
          idsName: "subnetIds",
          records: region.subnets,
          isVisible: maySeeSubnet,
          filters: {
            ...tagFilters<Subnet>(),
            "availability-zone": ({ zone }) => zone,
            "available-ip-address-count": free,
            "cidr-block": ({ cidr }) => cidr,
            "ipv6-native": ({ cidr }) => cidr === null,
            "outpost-arn": ({ outpostArn }) => outpostArn,
            "default-for-az": ({ isDefault }) => isDefault,
            "owner-id": ({ account }) => account,
            state: () => "available",
            "subnet-id": ({ id }) => id,
            "vpc-id": ({ vpcId }) => vpcId,
          },
        },
        { ids, ...request },
      );
      return {
        subnetSet: shown.records.map((subnet) => subnetFields(context, subnet, free(subnet))),
        nextToken: shown.nextToken,
      };
    },
  },
);

function subnetFields({ region }: Context, subnet: Subnet, free: number): XmlFields {
  return {
    subnetId: subnet.id,
    subnetArn: `arn:aws:ec2:${region.name}:${subnet.account}:subnet/${subnet.id}`,
    state: "available",
    ownerId: subnet.account,
    vpcId: subnet.vpcId,
    cidrBlock: subnet.cidr,
    ipv6CidrBlockAssociationSet:
      subnet.ipv6Cidr === null
        ? []
        : [
            {
              associationId: subnet.id.replace("subnet-", "subnet-cidr-assoc-"),
              ipv6CidrBlock: subnet.ipv6Cidr,
              ipv6CidrBlockState: { state: "associated" },
            },
          ],
    availableIpAddressCount: free,
    availabilityZone: subnet.zone,
    availabilityZoneId: region.zones.find(({ name }) => name === subnet.zone)?.id,
    defaultForAz: subnet.isDefault,
    mapPublicIpOnLaunch: subnet.mapPublicIp,
    assignIpv6AddressOnCreation: subnet.assignIpv6,
    mapCustomerOwnedIpOnLaunch: false,
    ipv6Native: subnet.cidr === null,
    outpostArn: subnet.outpostArn,
    privateDnsNameOptionsOnLaunch: {
      hostnameType: subnet.cidr === null ? "resource-name" : "ip-name",
      enableResourceNameDnsARecord: false,
      enableResourceNameDnsAAAARecord: false,
    },
    enableDns64: false,
    tagSet: tagSet(subnet.tags),
  };
}

export const describeVpcs = reading(
  { Filter: FILTERS, VpcId: list(text), ...PAGING },
  {
    name: "DescribeVpcs",
    read(context, { VpcId: ids, ...request }) {
      const shown = listOwned(
        context,
        {
          action: "DescribeVpcs",
          kind: VPC_ID,
          idsName: "vpcIds",
          records: context.region.vpcs,
          filters: {
            ...tagFilters<Vpc>(),
            cidr: ({ cidr }) => cidr,
            "is-default": ({ isDefault }) => isDefault,
            "owner-id": ({ account }) => account,
            state: () => "available",
            "vpc-id": ({ id }) => id,
          },
        },
        { ids, ...request },
      );
      return {
        vpcSet: shown.records.map((vpc) => ({
          vpcId: vpc.id,
          ownerId: vpc.account,
          state: "available",
          cidrBlock: vpc.cidr,
          dhcpOptionsId: "dopt-00000000",
          instanceTenancy: vpc.instanceTenancy,
          isDefault: vpc.isDefault,
          cidrBlockAssociationSet: [
            {
              associationId: vpc.id.replace("vpc-", "vpc-cidr-assoc-"),
              cidrBlock: vpc.cidr,
              cidrBlockState: { state: "associated" },
            },
          ],
          tagSet: tagSet(vpc.tags),
        })),
        nextToken: shown.nextToken,
      };
    },
  },
);

export const describeSecurityGroups = reading(
  { Filter: FILTERS, GroupId: list(text), GroupName: list(text), ...PAGING },
  {
    name: "DescribeSecurityGroups",
    read(context, { GroupId: ids, GroupName, ...request }) {
      const names: Filters =
        GroupName.length === 0 ? [] : [{ Name: "group-name", Value: GroupName }];
      const shown = listOwned(
        context,
        {
          action: "DescribeSecurityGroups",
          kind: GROUP_ID,
          idsName: "groupIds",
          records: context.region.securityGroups,
          filters: {
            ...tagFilters<SecurityGroup>(),
            description: ({ description }) => description,
            "group-id": ({ id }) => id,
            "group-name": ({ name }) => name,
            "owner-id": ({ account }) => account,
            "vpc-id": ({ vpcId }) => vpcId,
          },
        },
        { ids, ...request, Filter: [...request.Filter, ...names] },
      );
      return {
        securityGroupInfo: shown.records.map((group) => ({
          ownerId: group.account,
          groupId: group.id,
          securityGroupArn: `arn:aws:ec2:${context.region.name}:${group.account}:security-group/${group.id}`,
          groupName: group.name,
          groupDescription: group.description,
          vpcId: group.vpcId,
          ipPermissions: [],
          ipPermissionsEgress: [
            { ipProtocol: "-1", groups: [], ipRanges: [{ cidrIp: "0.0.0.0/0" }] },
          ],
          tagSet: tagSet(group.tags),
        })),
        nextToken: shown.nextToken,
      };
    },
  },
);
