import { join } from "node:path";
import { expect, it } from "vitest";
import { createSlipway } from "../../../src/index.ts";
import { buildImage, startRegistry, tinyImage } from "../../../testing/registry/index.ts";
import { scratchFolder } from "../../support/scratch.ts";

it("redacts a pull secret that a document of the image repeats", async () => {
  using folder = scratchFolder();
  const password = "registry-s3cret";
  const auth = { kind: "basic", users: { robot: { password } } } as const;
  await using registry = await startRegistry({ auth });
  const { layers, platform } = tinyImage("amd64");
  const execution = { Entrypoint: ["/machine"], User: `:${password}`, Env: [`TOKEN=${password}`] };
  const image = buildImage({ platform, layers, config: execution });
  const { reference } = registry.add("team/app", "1", image);
  await using slipway = await createSlipway({
    database: join(folder.path, "slipway.db"),
    environment: {},
  });
  await slipway.catalog.set("secret", { name: "LOGIN", plaintextValue: `robot:${password}` });
  const { config, findings } = await slipway.inspectImage(reference, { secret: "LOGIN" });
  expect(findings).toHaveLength(1);
  expect(findings[0]?.message).toContain("[redacted]");
  expect(JSON.stringify({ config, findings })).not.toContain(password);
});
