import gax from "google-gax";
import { memoize } from "../../../src/async/memoize.ts";

/** The `google-gax` that a client is created with. */
export type Gax = typeof gax;

type Namespace = Parameters<Gax["fallback"]["protobuf"]["Root"]["fromJSON"]>[0];
/** A type, a service or a namespace of the description. */
type Definition = NonNullable<Namespace["nested"]>[string];
type Fields = Readonly<Record<string, unknown>>;

const PACKAGE = ["google", "cloud", "compute", "v1"] as const;

/**
 * A `google-gax` that reads of the client's description what one service needs. As it comes, it makes objects of all
 * 4,600 types of three versions of the API (a second, and 70 MB) where a service needs one or two hundred, and
 * does so once more for each refusal that carries details.
 *
 * @param service The service's name in the description, such as `Images`.
 */
export function gaxForService(service: string): Gax {
  const { fallback } = gax;
  const rootOf = memoize((description: object) =>
    fallback.protobuf.Root.fromJSON(describedService(description, service)),
  );
  /** Not the client's own: that one describes everything, and keeps it for the life of the process. */
  class ServiceGrpcClient extends fallback.GrpcClient {
    override loadProtoJSON(description: object) {
      return rootOf(description);
    }
  }
  /** The type with which the client decodes the details of a refusal. */
  class ServiceRoot extends fallback.protobuf.Root {
    static override fromJSON(description: object) {
      return rootOf(description);
    }
  }
  const protobuf = { ...fallback.protobuf, Root: ServiceRoot };
  return { ...gax, fallback: { ...fallback, GrpcClient: ServiceGrpcClient, protobuf } };
}

/** Of the whole description the service and every type that it leads to, in the same shape. */
export function describedService(description: object, service: string): Namespace {
  const types = nestedIn(description, PACKAGE);
  const kept: Record<string, Definition> = {};
  const wanted = [service];
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (!isDefinition(type) || Object.hasOwn(kept, name)) continue;
    kept[name] = type;
    wanted.push(...typesNamedBy(type));
  }
  // The one type from elsewhere that the API's own refer to.
  const any = nestedIn(description, ["google", "protobuf"])["Any"];
  const compute = { nested: { compute: { nested: { v1: { nested: kept } } } } };
  const protobuf = { nested: isDefinition(any) ? { Any: any } : {} };
  return { nested: { google: { nested: { protobuf, cloud: compute } } } };
}

/** Types of fields, requests and replies. Names of nested types are among them, and are found at no other level. */
function typesNamedBy(type: Definition): readonly string[] {
  const fields = Object.values(membersOf(type, "fields")).map((field) => valueOf(field, "type"));
  const methods = Object.values(membersOf(type, "methods")).flatMap((method) => [
    valueOf(method, "requestType"),
    valueOf(method, "responseType"),
  ]);
  return [...fields, ...methods].filter((name) => typeof name === "string");
}

function nestedIn(description: object, path: readonly string[]): Fields {
  return path.reduce<Fields>(
    (level, name) => membersOf(level[name], "nested"),
    membersOf(description, "nested"),
  );
}

function isDefinition(value: unknown): value is Definition {
  return typeof value === "object" && value !== null;
}

function membersOf(holder: unknown, name: string): Fields {
  const members = valueOf(holder, name);
  return isFields(members) ? members : {};
}

function valueOf(holder: unknown, name: string): unknown {
  return isFields(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
