import type { CliContext } from "../context.ts";
import { explainField } from "../explain/explain-field.ts";
import { readSchema, schemaNamed } from "../explain/read-schema.ts";
import { viewExplanation } from "../views/explanation-view.ts";

export async function explain(
  context: CliContext,
  { recursive }: { readonly recursive: boolean },
  path: string,
): Promise<void> {
  const [word = "", ...steps] = path.split(".");
  const name = schemaNamed(word);
  const explained = explainField({ name, schema: await readSchema(name) }, steps);
  const { columns } = context.stdout;
  await context.print(await viewExplanation(explained, { recursive, columns }));
}
