import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { chainSecrets } from "../../../../../adapters/aws/client/chain-secrets.ts";
import { scratchFolder } from "../../../../support/scratch.ts";

it("are those of the environment, of its token files and of the user's profiles", async () => {
  using folder = scratchFolder();
  const file = (name: string, content: string) => {
    const path = join(folder.path, name);
    writeFileSync(path, content);
    return path;
  };
  const environment = {
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "key",
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "container",
    AWS_WEB_IDENTITY_TOKEN_FILE: file("identity", "identity\n"),
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder.path, "absent"),
  };
  const files = {
    filepath: file("credentials", "[work]\naws_access_key_id=id\naws_secret_access_key=of work\n"),
    configFilepath: file("config", "[profile home]\naws_session_token=of home\nregion=x\n"),
  };
  const found = await chainSecrets(environment, files);
  expect(found.filter((secret) => secret !== "").toSorted()).toEqual(
    ["container", "identity", "key", "of home", "of work"].toSorted(),
  );
});
