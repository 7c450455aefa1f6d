/** `npm run schemas`: writes the JSON Schemas that are part of the package. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonSchemas } from "./schemas/json-schemas.ts";

const FOLDER = join(import.meta.dirname, "../schemas");

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);
for (const [name, schema] of jsonSchemas())
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify(schema, null, 2)}\n`);
