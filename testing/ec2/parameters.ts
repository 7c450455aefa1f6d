import { invalidValue, missingParameter } from "./failure.ts";
import { type ParameterNode, unknownParameter } from "./query.ts";

/**
 * Takes one parameter out of the request, or null if it is absent. `path` is its full name. Parameters that the shape
 * of the action does not list are rejected as `UnknownParameter`, as EC2 does.
 */
export type Reader<T> = (node: ParameterNode | undefined, path: string) => T;

/** The parameters of an action, or the members of one structure. */
export type Shape = Readonly<Record<string, Reader<unknown>>>;

/** The values of a shape. */
export type Read<S extends Shape> = { readonly [Name in keyof S]: ReturnType<S[Name]> };

export const text: Reader<string | null> = (node, path) => {
  if (node === undefined) return null;
  refuseMembers(node, path);
  return node.value;
};

export const flag: Reader<boolean | null> = (node, path) => {
  const value = text(node, path);
  if (value === null) return null;
  if (value === "true" || value === "false") return value === "true";
  throw invalidValue(`Invalid value '${value}' for ${path}. Expecting true or false.`);
};

export const integer: Reader<number | null> = (node, path) => {
  const value = text(node, path);
  if (value === null) return null;
  if (/^-?\d{1,9}$/.test(value)) return Number(value);
  throw invalidValue(`Invalid value '${value}' for ${path}. Expecting an integer.`);
};

export function oneOf<const T extends string>(...values: readonly T[]): Reader<T | null> {
  return (node, path) => {
    const value = text(node, path);
    if (value === null) return null;
    const known = values.find((candidate) => candidate === value);
    if (known !== undefined) return known;
    throw invalidValue(`Invalid value '${value}' for ${path}. Expecting ${values.join(" or ")}.`);
  };
}

/** `Name.1`, `Name.2`: members in numeric order. */
export function list<T>(of: Reader<T | null>): Reader<readonly T[]> {
  return (node, path) => {
    if (node === undefined) return [];
    if (node.value !== null) throw unknownParameter(path);
    const numbered = [...node.members].map(([word, member]): [number, ParameterNode] => {
      if (!/^[1-9]\d{0,5}$/.test(word)) throw unknownParameter(`${path}.${word}`);
      return [Number(word), member];
    });
    return numbered
      .toSorted(([one], [other]) => one - other)
      .flatMap(([number, member]) => {
        const value = of(member, `${path}.${number}`);
        return value === null ? [] : [value];
      });
  };
}

/** `Name.Member`: a structure, or null if none of its members is present. */
export function structure<S extends Shape>(shape: S): Reader<Read<S> | null> {
  return (node, path) => {
    if (node === undefined) return null;
    if (node.value !== null) throw unknownParameter(path);
    return readMembers(shape, node, `${path}.`);
  };
}

export function required<T>(reader: Reader<T | null>): Reader<T> {
  return (node, path) => {
    const value = reader(node, path);
    if (value === null || value === "" || (Array.isArray(value) && value.length === 0))
      throw missingParameter(path);
    return value;
  };
}

/** All parameters of a request. */
export function readParameters<S extends Shape>(shape: S, root: ParameterNode): Read<S> {
  return readMembers(shape, root, "");
}

function readMembers<S extends Shape>(shape: S, node: ParameterNode, prefix: string): Read<S> {
  for (const name of node.members.keys())
    if (!Object.hasOwn(shape, name)) throw unknownParameter(`${prefix}${name}`);
  const values: Partial<Record<string, unknown>> = {};
  for (const [name, reader] of Object.entries(shape))
    values[name] = reader(node.members.get(name), `${prefix}${name}`);
  return assertRead<S>(values, shape);
}

/** Every name of the shape was read just above; this only proves it to the compiler. */
function assertRead<S extends Shape>(values: object, shape: S): Read<S> {
  if (isRead(values, shape)) return values;
  throw new Error("a parameter was not read");
}

function isRead<S extends Shape>(values: object, shape: S): values is Read<S> {
  return Object.keys(shape).every((name) => Object.hasOwn(values, name));
}

function refuseMembers(node: ParameterNode, path: string): void {
  const [first] = node.members.keys();
  if (first !== undefined) throw unknownParameter(`${path}.${first}`);
}

/** Members common to every call with filters. */
export const FILTERS = list(structure({ Name: required(text), Value: list(text) }));
export const TAGS = list(structure({ Key: required(text), Value: text }));
export const TAG_SPECIFICATIONS = list(structure({ ResourceType: text, Tag: TAGS }));
/** Members common to every paged call. */
export const PAGING = { MaxResults: integer, NextToken: text } as const;

export type Filters = ReturnType<typeof FILTERS>;
export type TagParameters = ReturnType<typeof TAGS>;
export type TagSpecifications = ReturnType<typeof TAG_SPECIFICATIONS>;
