import { requireKind, splitDocument } from "../../catalog/documents.ts";
import type { CatalogKind } from "../../catalog/kinds.ts";
import { isFields } from "../../catalog/violation.ts";
import { SecretValue } from "../../secret-value.ts";
import type { CliContext } from "../context.ts";
import { raceWithInterrupt } from "../shutdown.ts";
import { withSlipway } from "../session.ts";
import { readInputFile } from "../arguments/input-file.ts";
import { readLimited, withoutTrailingNewline } from "../arguments/standard-input.ts";
import { usageError } from "../arguments/flags.ts";
import { viewRecord } from "../views/record-view.ts";
import { writeOptions } from "../arguments/assignments.ts";
import type { WriteFlags } from "../arguments/assignments.ts";

interface SetFlags extends WriteFlags {
  readonly file?: string;
  readonly resource: boolean;
}

export async function set(
  context: CliContext,
  flags: SetFlags,
  word: string,
  name?: string,
): Promise<void> {
  const kind = requireKind(word);
  if (flags.resource && kind !== "secret")
    throw usageError(
      "--resource applies to secrets only",
      `Omit it: standard input is always read as a record for kind ${kind}.`,
    );
  const { file } = flags;
  const isValue = kind === "secret" && !flags.resource;
  if (isValue && name === undefined)
    throw usageError(
      "NAME is missing",
      "Name the secret whose value this is, or write its record with --resource.",
    );
  const options = { ...writeOptions(flags), ...(name === undefined ? {} : { name }) };
  if (isValue && name !== undefined) {
    const value = await readValue(context, name, file);
    await withSlipway(context, async ({ catalog }) => {
      const record = await catalog.setSecret(name, value, writeOptions(flags));
      await context.print(viewRecord(kind, record));
    });
  } else {
    const body = await readBody(kind, await readBytes(context, file));
    await withSlipway(context, async ({ catalog }) => {
      const record = await catalog.setDocument(kind, body, options);
      await context.print(viewRecord(kind, record));
    });
  }
}

async function readValue(
  context: CliContext,
  name: string,
  file: string | undefined,
): Promise<SecretValue> {
  if (isStandardInput(file) && context.stdin.isTTY === true) {
    const { askSecret } = await import("../arguments/secret-prompt.ts");
    return await askSecret(context, name);
  }
  return new SecretValue(withoutTrailingNewline(await readBytes(context, file)));
}

function isStandardInput(file: string | undefined): file is "-" | undefined {
  return file === undefined || file === "-";
}

async function readBytes(context: CliContext, file: string | undefined): Promise<Uint8Array> {
  const { stdin, workingDirectory, interrupt, progress } = context;
  if (!isStandardInput(file))
    return await readInputFile("file", { file, from: workingDirectory }, interrupt);
  if (stdin.isTTY === true)
    progress.hint("reading from standard input; end it with Ctrl-D on a new line");
  return await raceWithInterrupt(interrupt, readLimited(stdin, "standard input"));
}

/** The body of a record. A document that has a kind must have this one. */
async function readBody(kind: CatalogKind, bytes: Uint8Array): Promise<unknown> {
  const { parseDocument, parseSecretDocument } =
    await import("../../json/document/parse-document.ts");
  const document = kind === "secret" ? parseSecretDocument(bytes) : parseDocument(bytes);
  if (!isFields(document) || document["kind"] === undefined) return document;
  const { kind: own, body } = splitDocument(document);
  if (own === kind) return body;
  throw usageError(
    `the document is of kind ${own}, not ${kind}`,
    `Write it with \`slipway set ${own}\`, or with \`slipway apply\`.`,
  );
}
