import { describe, expect, it } from "vitest";
import { parseBody } from "../../../src/catalog/parse.ts";
import { refusal, violations } from "./violations.ts";

const workspace = (more: object = {}) => ({
  name: "agent-dev",
  image_ref: "agent-base",
  placement: "here",
  ...more,
});

describe("a workspace", () => {
  it("accepts every field, in snake_case and in camelCase", () => {
    const fields = {
      name: "agent-dev",
      description: "Where agents work",
      imageRef: "agent-base",
      placement: "here",
      environmentRef: "small",
      repos: [
        {
          cloneUrl: "https://github.com/acme/app",
          baseBranch: "main",
          conflictResolution: "REBASE",
          clone: true,
        },
      ],
      minIdle: 2,
      secretRefs: ["TOKEN"],
      runtimeSecretMounts: [
        { secret: "NPM", env: "NPM_TOKEN" },
        { secret: "KEY", path: "/run/secrets/key", mode: "0440" },
      ],
      ports: [{ port: 8080, name: "web" }, { port: 9090 }],
      userData: "#cloud-config\npackages: [git]\n",
      bootDocument: "cloud-init",
    };
    expect(parseBody("workspace", fields)).toEqual(fields);
    const printed = {
      name: "agent-dev",
      description: "Where agents work",
      image_ref: "agent-base",
      placement: "here",
      environment_ref: "small",
      repos: [
        {
          clone_url: "https://github.com/acme/app.git",
          base_branch: "main",
          conflict_resolution: "REBASE",
          clone: true,
        },
      ],
      min_idle: 2,
      secret_refs: ["TOKEN"],
      runtime_secret_mounts: [
        { secret: "NPM", env: "NPM_TOKEN" },
        { secret: "KEY", path: "/run/secrets/key", mode: "0440" },
      ],
      ports: [{ port: 8080, name: "web" }, { port: 9090 }],
      user_data: "#cloud-config\npackages: [git]\n",
      boot_document: "cloud-init",
    };
    expect(parseBody("workspace", printed)).toEqual(fields);
  });

  it("reports all missing fields", () => {
    expect(violations("workspace", {})).toEqual([
      "name is required",
      "image_ref is required",
      "placement is required",
    ]);
  });

  it.each([
    [{ image_ref: "Base" }, "image_ref: must match [a-z][a-z0-9-]{0,62}"],
    [{ placement: 5 }, "placement: must be a string, not a number"],
    [{ min_idle: -1 }, "min_idle: must be non-negative"],
    [{ min_idle: 1.5 }, "min_idle: must be an integer"],
    [{ min_idle: "1" }, "min_idle: must be an integer"],
    [{ secret_refs: "TOKEN" }, "secret_refs: must be a list, not a string"],
    [{ ports: 8080 }, "ports: must be a list, not a number"],
    [{ ports: [8080] }, "ports[0]: must be a map of fields, not a number"],
    [{ user_data: ["x"] }, "user_data: must be a string, not a list"],
    [{ user_data: true }, "user_data: must be a string, not true"],
    [{ repos: {} }, "repos: must be a list, not a map of fields"],
    [{ secret_refs: ["token"] }, "secret_refs[0]: must match [A-Z][A-Z0-9_]*"],
    [{ secret_refs: ["A", "A"] }, "secret_refs: must not contain duplicates"],
    [{ boot_document: "ignition" }, "boot_document: must be cloud-init or none"],
    [{ ports: [{ port: 0 }] }, "ports[0].port: must be from 1 to 65535"],
    [{ ports: [{ port: 65_536 }] }, "ports[0].port: must be from 1 to 65535"],
    [{ ports: [{ port: "80" }] }, "ports[0].port: must be an integer"],
    [{ ports: [{ port: 80 }, { port: 80 }] }, "ports: must not list a port twice"],
    [{ ports: [{ name: "web" }] }, "ports[0].port is required"],
    [{ ports: [{ port: 80, prot: "tcp" }] }, "unknown field ports[0].prot"],
    [{ repos: [{ cloneUrl: "https://a/b", branch: "x" }] }, "unknown field repos[0].branch"],
    [{ repos: [{}] }, "repos[0].clone_url is required"],
    [
      { repos: [{ clone_url: "https://a/b", clone: "yes" }] },
      "repos[0].clone: must be true or false",
    ],
    [
      { repos: [{ clone_url: "https://a/", clone: true }] },
      "repos: must have a name at the end of each clone_url with clone",
    ],
    [
      {
        repos: [
          { clone_url: "https://a/x/app", clone: true },
          { clone_url: "https://a/y/app", clone: true },
        ],
      },
      "repos: must not clone two repositories of the same name",
    ],
    [
      { boot_document: "none", repos: [{ clone_url: "https://a/b", clone: true }] },
      "repos: must not have clone without the boot document",
    ],
  ])("rejects %j", (more, message) => {
    expect(refusal("workspace", workspace(more)).message).toBe(message);
  });
});

describe("a repository", () => {
  const repos = (clone_url: string, base_branch?: string) =>
    workspace({ repos: [{ clone_url, base_branch }] });

  it.each([
    ["https://github.com/acme/app.git", "https://github.com/acme/app"],
    ["https://github.com/acme/app", "https://github.com/acme/app"],
    ["https://git.example.com:8443/a/b.c.git", "https://git.example.com:8443/a/b.c"],
    ["https://github.com/acme/app.git.git", "https://github.com/acme/app.git"],
  ])("%s is kept as %s", (given, kept) => {
    expect(parseBody("workspace", repos(given)).repos?.[0]?.cloneUrl).toBe(kept);
  });

  it.each([
    "http://github.com/acme/app",
    "git@github.com:acme/app.git",
    "ssh://git@github.com/acme/app",
    "https://user:password@github.com/acme/app",
    "https://token@github.com/acme/app",
    "https://github.com/acme/app?x=1",
    "https://github.com/acme/app#x",
    "https://github.com/acme/a pp",
    "https://",
    `https://github.com/${"a".repeat(3000)}`,
  ])("is rejected without quoting it, because it may contain a credential: %j", (given) => {
    const error = refusal("workspace", repos(given));
    expect(error.message).toMatch(/^repos\[0\]\.clone_url: must /);
    expect(JSON.stringify(error)).not.toContain("password");
  });

  it.each(["main", "release/1.2", "feature-x", "v1.0"])("accepts the branch %s", (branch) => {
    expect(parseBody("workspace", repos("https://a/b", branch)).repos?.[0]?.baseBranch).toBe(
      branch,
    );
  });

  it.each([
    "-x",
    "--upload-pack=x",
    "a b",
    "a..b",
    "/a",
    ".a",
    "a~1",
    "a^",
    "a:b",
    "a@{1}",
    "a//b",
    "a\u0007",
  ])("rejects the branch %j", (branch) => {
    expect(refusal("workspace", repos("https://a/b", branch)).message).toBe(
      "repos[0].base_branch: must be a branch name",
    );
  });
});

describe("a mounted secret", () => {
  const mount = (...mounts: readonly object[]) =>
    workspace({ runtime_secret_mounts: mounts.map((one) => ({ secret: "A", ...one })) });

  it.each([
    ["0400", "0400"],
    ["400", "0400"],
    ["0644", "0644"],
    ["0770", "0770"],
    [400, "0400"],
    [440, "0440"],
    [600, "0600"],
    [644, "0644"],
  ])("stores the mode %j as %s", (given, kept) => {
    const fields = parseBody("workspace", mount({ path: "/a", mode: given }));
    expect(fields.runtimeSecretMounts?.[0]?.mode).toBe(kept);
  });

  // The numbers include 0o400, 0o440, 0o600, 0o640, 0o644 and 0o700 as YAML parses them: as digits they would be other modes.
  it.each(["0o400", "abc", "0800", "4000", "7", -400, 256, 288, 384, 416, 420, 448, 1e3])(
    "rejects the mode %j",
    (mode) => {
      expect(refusal("workspace", mount({ path: "/a", mode })).message).toBe(
        'runtime_secret_mounts[0].mode: must be an octal string such as "0400"',
      );
    },
  );

  it.each(["/", "a", "./a", "/a/../b", "/a/./b", "/a//b", "/a/", "/a\n", `/${"a".repeat(5000)}`])(
    "rejects the path %j",
    (path) => {
      expect(refusal("workspace", mount({ path })).message).toBe(
        "runtime_secret_mounts[0].path: must be an absolute path without . or ..",
      );
    },
  );

  it.each(["1A", "A-B", "A B", "A=B", "Ä"])("rejects the variable %j", (env) => {
    expect(refusal("workspace", mount({ env })).message).toBe(
      "runtime_secret_mounts[0].env: must match [A-Za-z_][A-Za-z0-9_]*",
    );
  });

  it.each([
    [mount({}), "runtime_secret_mounts[0]: must have exactly one of env, path"],
    [
      mount({ env: "A", path: "/a" }),
      "runtime_secret_mounts[0]: must have exactly one of env, path",
    ],
    [
      mount({ env: "B", mode: "0400" }),
      "runtime_secret_mounts[0]: must not have both mode and env",
    ],
    [
      workspace({ runtime_secret_mounts: [{ env: "B" }] }),
      "runtime_secret_mounts[0].secret is required",
    ],
  ])("is exactly one of a variable and a file: %j", (body, message) => {
    expect(refusal("workspace", body).message).toBe(message);
  });

  it.each([
    mount({ env: "B" }, { env: "B" }),
    mount({ path: "/a" }, { path: "/a" }),
    { ...mount({ env: "TOKEN" }), secret_refs: ["TOKEN"] },
  ])("does not set what another secret sets: %j", (body) => {
    expect(refusal("workspace", body).message).toBe(
      "runtime_secret_mounts: must not set a variable or a file twice (secret_refs are variables too)",
    );
  });
});

describe("user data", () => {
  it.each([
    "#cloud-config\na: 1",
    "#cloud-config",
    "#cloud-config \r\na: 1",
    "#!/bin/sh\necho",
    "#! /bin/sh",
  ])("%j is accepted along with a boot document", (userData) => {
    expect(parseBody("workspace", workspace({ userData })).userData).toBe(userData);
  });

  it.each(["echo hi", "#cloud-configuration", " #!/bin/sh", '{"ignition":{}}'])(
    "%j is accepted only without a boot document",
    (userData) => {
      expect(refusal("workspace", workspace({ userData })).message).toBe(
        "user_data: must start with #cloud-config or #! (or set boot_document to none)",
      );
      const alone = workspace({ userData, boot_document: "none" });
      expect(parseBody("workspace", alone).userData).toBe(userData);
    },
  );
});
