import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, dirname } from "node:path";
import { z } from "zod";

/** The parts of the official client's description of the API that documents are checked against. */
const fieldSchema = z.looseObject({
  type: z.string(),
  rule: z.string().optional(),
  keyType: z.string().optional(),
});
const enumSchema = z.looseObject({ values: z.record(z.string(), z.number()) });
const messageSchema = z.looseObject({
  fields: z.record(z.string(), fieldSchema),
  nested: z.record(z.string(), z.unknown()).optional(),
});
const serviceSchema = z.looseObject({
  methods: z.record(z.string(), z.looseObject({ responseType: z.string() })),
});
type Field = z.infer<typeof fieldSchema>;
type Message = z.infer<typeof messageSchema>;

const { v1, common } = readNamespaces();

function readNamespaces() {
  const main = createRequire(import.meta.url).resolve("@google-cloud/compute");
  const path = join(dirname(main), "..", "protos", "protos.json");
  const described: unknown = JSON.parse(readFileSync(path, "utf8"));
  const inside = (value: unknown, names: readonly string[]): Record<string, unknown> =>
    names.reduce<Record<string, unknown>>(
      (found, name) =>
        z.looseObject({ nested: z.record(z.string(), z.unknown()) }).parse(found[name]).nested,
      { root: value },
    );
  return {
    v1: inside(described, ["root", "google", "cloud", "compute", "v1"]),
    common: inside(described, ["root", "google", "protobuf"]),
  };
}

/** The response type of a method: `Operation` for `instances.insert`. */
export function responseType(call: string): string {
  const [service = "", method = ""] = call.split(".").map(capital);
  const found = serviceSchema.parse(v1[service]).methods[method];
  if (found === undefined) throw new Error(`the client has no ${call}`);
  return found.responseType.replace(/^\./, "").split(".").at(-1) ?? "";
}

/** Mismatches between a JSON document and a message type; empty if all fields exist and have the right type. */
export function misfits(type: string, document: unknown, path = type): readonly string[] {
  const message = messageSchema.parse(v1[type] ?? common[type]);
  if (typeof document !== "object" || document === null || Array.isArray(document))
    return [`${path}: not an object`];
  return Object.entries(document).flatMap(([name, value]: [string, unknown]) => {
    const field = message.fields[name];
    const at = `${path}.${name}`;
    if (field === undefined) return [`${at}: ${type} has no such field`];
    return fieldMisfits(field, value, { message, name, at });
  });
}

interface Place {
  readonly message: Message;
  readonly name: string;
  readonly at: string;
}

function fieldMisfits(field: Field, value: unknown, place: Place): readonly string[] {
  const { at } = place;
  if (field.keyType !== undefined) {
    if (typeof value !== "object" || value === null) return [`${at}: not a map`];
    return Object.entries(value).flatMap(([key, one]: [string, unknown]) =>
      valueMisfits(field.type, one, { ...place, at: `${at}[${key}]` }),
    );
  }
  if (field.rule !== "repeated") return valueMisfits(field.type, value, place);
  if (!Array.isArray(value)) return [`${at}: not a list`];
  return value.flatMap((one: unknown, index) =>
    valueMisfits(field.type, one, { ...place, at: `${at}[${index}]` }),
  );
}

function valueMisfits(type: string, value: unknown, place: Place): readonly string[] {
  const { at, message } = place;
  switch (type) {
    case "string":
      return typeof value === "string" ? unknownWord(value, place) : [`${at}: not a string`];
    case "bool":
      return typeof value === "boolean" ? [] : [`${at}: not a boolean`];
    case "int32":
    case "uint32":
      return Number.isInteger(value) ? [] : [`${at}: not a 32-bit number`];
    case "double":
    case "float":
      return typeof value === "number" ? [] : [`${at}: not a number`];
    case "int64":
    case "uint64":
      // 64-bit numbers are strings in JSON.
      return typeof value === "string" && /^\d{1,20}$/.test(value)
        ? []
        : [`${at}: not a 64-bit number as a string`];
    default: {
      const short = type.split(".").at(-1) ?? type;
      const words = enumSchema.safeParse(message.nested?.[short] ?? v1[short]);
      if (!words.success) return misfits(short, value, at);
      return typeof value === "string" && Object.hasOwn(words.data.values, value)
        ? []
        : [`${at}: ${String(value)} is not a valid ${short}`];
    }
  }
}

/** Most enumerations travel as strings; the client lists their values next to the message. */
function unknownWord(value: string, { message, name, at }: Place): readonly string[] {
  const words = enumSchema.safeParse(message.nested?.[capital(name)]);
  if (!words.success || Object.hasOwn(words.data.values, value)) return [];
  return [`${at}: ${value} is not one of its values`];
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
