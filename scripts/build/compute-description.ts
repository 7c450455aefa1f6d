import { z } from "zod";

/** The parts of a protobuf description that decide what a call needs. Whatever else a part has is copied with it. */
const methodSchema = z.looseObject({ requestType: z.string(), responseType: z.string() });
const typeSchema = z.looseObject({
  fields: z.record(z.string(), z.looseObject({ type: z.string() })).optional(),
  methods: z.record(z.string(), methodSchema).optional(),
});
const namespaceSchema = z.object({ nested: z.record(z.string(), z.unknown()) });

type Type = z.infer<typeof typeSchema>;

const API = ["google", "cloud", "compute", "v1"];
/** The only type from outside the API that its own types refer to. */
const ANY = "Any";

/**
 * Copies from Compute Engine's description the methods that are called, and every type that they lead to.
 *
 * @param description As in `@google-cloud/compute/build/protos/protos.json`.
 * @param methods Such as `images.getFromFamily`.
 * @throws Error for a method that the description does not have
 */
export function describeCalls(description: unknown, methods: readonly string[]): object {
  const types = namespaceOf(description, API);
  const kept = new Map<string, Type>();
  const wanted: string[] = [];
  for (const called of methods) {
    const [service = "", method = ""] = called.split(".").map(capitalised);
    const found = typeNamed(types, service)?.methods?.[method];
    if (found === undefined) throw new Error(`Compute Engine's description has no ${called}`);
    const known = kept.get(service) ?? { ...typeNamed(types, service), methods: {} };
    kept.set(service, { ...known, methods: { ...known.methods, [method]: found } });
    wanted.push(found.requestType, found.responseType);
  }
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    // A scalar or a type inside another one has a name that is not among the API's own.
    const type = typeNamed(types, name);
    if (type === undefined || kept.has(name)) continue;
    kept.set(name, type);
    wanted.push(...Object.values(type.fields ?? {}).map((field) => field.type));
  }
  const any = { nested: { [ANY]: namespaceOf(description, ["google", "protobuf"])[ANY] } };
  const compute = { nested: { compute: { nested: { v1: { nested: Object.fromEntries(kept) } } } } };
  return { nested: { google: { nested: { protobuf: any, cloud: compute } } } };
}

function namespaceOf(
  description: unknown,
  path: readonly string[],
): Readonly<Record<string, unknown>> {
  return path.reduce(
    (level, name) => namespaceSchema.parse(level[name]).nested,
    namespaceSchema.parse(description).nested,
  );
}

function typeNamed(types: Readonly<Record<string, unknown>>, name: string): Type | undefined {
  return Object.hasOwn(types, name) ? typeSchema.parse(types[name]) : undefined;
}

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
