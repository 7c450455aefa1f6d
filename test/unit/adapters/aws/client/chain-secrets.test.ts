import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { chainSecrets } from "../../../../../adapters/aws/client/chain-secrets.ts";
import { scratchFolder } from "../../../../support/scratch.ts";

it("are those of the environment, of its token files and of the profile with its sources", async () => {
  using folder = scratchFolder();
  const file = (name: string, content: string) => {
    const path = join(folder.path, name);
    writeFileSync(path, content);
    return path;
  };
  const environment = {
    AWS_ACCESS_KEY_ID: "id",
    AWS_PROFILE: "work",
    AWS_SECRET_ACCESS_KEY: "key",
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "container",
    AWS_WEB_IDENTITY_TOKEN_FILE: file("identity", "identity\n"),
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder.path, "absent"),
  };
  const files = {
    filepath: file(
      "credentials",
      "[home]\naws_secret_access_key=of home\n[other]\naws_secret_access_key=other\n",
    ),
    configFilepath: file(
      "config",
      "[profile work]\naws_session_token=of work\nsource_profile=home\n[profile home]\nsource_profile=work\n",
    ),
  };
  const found = await chainSecrets(environment, files);
  expect(found.filter((secret) => secret !== "").toSorted()).toEqual(
    ["container", "identity", "key", "of home", "of work"].toSorted(),
  );
});
