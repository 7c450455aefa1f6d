/** Writes the records of several documents together, all of them or none. */
import { invalidArgument, isSlipwayError, SlipwayError } from "../errors.ts";
import type { SecretStore } from "../secrets/sealed-store.ts";
import type { SecretValue } from "../secret-value.ts";
import { printedText } from "./body.ts";
import { recordBuiltIn, withOrigin } from "./catalog-errors.ts";
import { CREATION_ORDER, splitDocument } from "./documents.ts";
import type { CatalogKind, CatalogKinds } from "./kinds.ts";
import { isReserved } from "./names.ts";
import { parseBody, parseOwn } from "./parse.ts";
import { separatePlaintext } from "./plaintext.ts";
import type { AppliedRecord, CatalogStore, RecordApplication, WriteTerms } from "./store/store.ts";

export interface ApplyOptions {
  /** Make every check and return the same result, but write nothing. Default false. */
  readonly dryRun?: boolean;
  /** Author recorded in the history; default: the catalog's actor. */
  readonly actor?: string;
  /** Where each document comes from, such as `records.yaml:12`, for errors. Default: `document 1` and so on. */
  readonly origins?: readonly string[];
}

export interface ApplyPorts {
  readonly store: CatalogStore;
  readonly secrets: SecretStore;
}

export interface ApplyTerms extends WriteTerms {
  readonly dryRun: boolean;
  readonly origins: readonly string[];
}

/** A document whose own rules hold. */
interface Entry<K extends CatalogKind = CatalogKind> {
  readonly index: number;
  readonly origin: string;
  readonly kind: K;
  readonly fields: CatalogKinds[K];
  /** The value of a secret, if the document has it. */
  readonly value: SecretValue | null;
}

/** @returns the effect on each record, in the order of the documents */
export async function applyDocuments(
  ports: ApplyPorts,
  documents: readonly unknown[],
  terms: ApplyTerms,
): Promise<readonly AppliedRecord[]> {
  const entries = readDocuments(documents, terms.origins);
  const ordered = CREATION_ORDER.flatMap((kind) => entries.filter((entry) => entry.kind === kind));
  const writes: RecordApplication[] = [];
  for (const entry of ordered) writes.push(await writeOf(ports, entry, terms));
  const applied = await ports.store.apply(writes, { dryRun: terms.dryRun });
  const byIndex = new Map(ordered.map(({ index }, position) => [index, applied[position]]));
  return entries.flatMap(({ index }) => byIndex.get(index) ?? []);
}

/** Reads all documents, so that one run reports the faults of all of them. */
function readDocuments(
  documents: readonly unknown[],
  origins: readonly string[],
): readonly Entry[] {
  const entries = new Map<string, Entry>();
  const faults: SlipwayError[] = [];
  for (const [index, document] of documents.entries()) {
    const origin = origins[index] ?? `document ${index + 1}`;
    try {
      const entry = { index, origin, ...readDocument(document, origin) };
      const key = `${entry.kind} ${entry.fields.name}`;
      const earlier = entries.get(key);
      if (earlier !== undefined) throw givenTwice(entry, earlier);
      entries.set(key, entry);
    } catch (caught) {
      if (!isSlipwayError(caught)) throw caught;
      faults.push(caught);
    }
  }
  const [first, ...others] = faults;
  if (first === undefined) return [...entries.values()];
  throw others.length === 0 ? first : severalFaults(first, faults);
}

function readDocument(document: unknown, origin: string): Pick<Entry, "kind" | "fields" | "value"> {
  const { kind, body } = withOrigin(origin, () => splitDocument(document));
  const { name } = body;
  const subject = typeof name === "string" ? `${kind} ${printedText(name)}` : kind;
  return withOrigin(`${origin}: ${subject}`, () => {
    const { value, rest } =
      kind === "secret" ? separatePlaintext(body) : { value: null, rest: body };
    // The document of a baked image has its provenance.
    const fields = kind === "image" ? parseOwn(kind, rest) : parseBody(kind, rest);
    if (isReserved(fields.name)) throw recordBuiltIn({ kind, name: fields.name });
    return { kind, fields, value };
  });
}

function givenTwice({ origin, kind, fields }: Entry, earlier: Entry): SlipwayError {
  return invalidArgument(
    "INVALID_RECORD",
    `${origin}: ${kind} ${fields.name} is given twice, first in ${earlier.origin}`,
    "Remove one of the two documents.",
    { kind, name: fields.name },
  );
}

function severalFaults(first: SlipwayError, faults: readonly SlipwayError[]): SlipwayError {
  return new SlipwayError({
    code: first.code,
    reason: first.reason,
    message: `${faults.length} documents are invalid`,
    remedy: "Correct them; nothing was written.",
    metadata: {
      failures: faults.map(({ code, reason, message, remedy }) => ({
        code,
        reason,
        message,
        remedy,
      })),
    },
  });
}

/** An exported catalog has the names of its secrets, not their values. */
function valueMissing(origin: string, name: string): SlipwayError {
  return invalidArgument(
    "INVALID_RECORD",
    `${origin}: secret ${name} has no value: plaintext_value is required for a new secret`,
    `Set it with \`slipway set secret ${name} < value\`, then apply again.`,
    { kind: "secret", name },
  );
}

async function writeOf(
  { store, secrets }: ApplyPorts,
  { kind, fields, value, origin }: Entry,
  { dryRun, origins: _origins, ...terms }: ApplyTerms,
): Promise<RecordApplication> {
  const write = { ...terms, kind, fields, origin, changesValue: false };
  if (kind !== "secret") return write;
  const secret = { tenant: terms.tenant, name: fields.name };
  if (value === null) {
    if ((await store.sealedValue(secret.tenant, secret.name)) === null)
      throw valueMissing(origin, fields.name);
    return write;
  }
  if (await secrets.holds(secret, value)) return write;
  // Sealing the first secret creates the key.
  return dryRun
    ? { ...write, changesValue: true }
    : { ...write, changesValue: true, sealed: await secrets.seal(secret, value) };
}
