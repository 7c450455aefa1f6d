import { describe, expect, it } from "vitest";
import { parseReference } from "../../../src/oci/reference.ts";
import {
  type Credential,
  type CredentialHelper,
  selectCredential,
  toRegistryCredential,
} from "../../../src/secrets/docker-config.ts";

const auth = (pair: string): { readonly auth: string } => ({
  auth: Buffer.from(pair).toString("base64"),
});
const HUB = "https://index.docker.io/v1/";
const HUB_CREDENTIAL = { username: "hub", password: "h" };

/** A helper with the answers of a table, by program and server. */
function helper(
  table: Readonly<Record<string, Readonly<Record<string, string>>>>,
): CredentialHelper {
  return async (name, server) => {
    const pair = table[name]?.[server];
    if (pair === undefined) return null;
    const [username = "", secret = ""] = pair.split(" ");
    return { username, secret };
  };
}

describe("selectCredential from auths", () => {
  const auths = {
    [HUB]: auth("hub:h"),
    "r.example.com": auth("plain:p"),
    "r.example.com:5000": auth("port:p"),
    "https://full.example.com/v1/": auth("full:p"),
    "http://bare.example.com": auth("bare:p"),
    "path.example.com/v2/": auth("path:p"),
    "[::1]:5000": auth("six:p"),
    "https://[::2]:5000/v2/": auth("seven:p"),
  };

  it.each<[string, Credential | null]>([
    ["ubuntu", HUB_CREDENTIAL],
    ["docker.io/team/app:1", HUB_CREDENTIAL],
    ["index.docker.io/team/app", HUB_CREDENTIAL],
    ["r.example.com/a", { username: "plain", password: "p" }],
    ["r.example.com:5000/a", { username: "port", password: "p" }],
    ["r.example.com:5001/a", null],
    ["full.example.com/a", { username: "full", password: "p" }],
    ["bare.example.com/a", { username: "bare", password: "p" }],
    ["path.example.com/a", { username: "path", password: "p" }],
    ["[::1]:5000/a", { username: "six", password: "p" }],
    ["[::2]:5000/a", { username: "seven", password: "p" }],
    ["registry-1.docker.io/a", null],
    ["other.example.com/a", null],
    ["example.com/a", null],
    ["sub.r.example.com/a", null],
  ])("chooses for %s", async (reference, credential) => {
    expect(await selectCredential(reference, { auths })).toEqual(credential);
    expect(await selectCredential(parseReference(reference), { auths })).toEqual(credential);
  });

  const byPath = {
    "https://p.example.com/v1/": auth("api:p"),
    "p.example.com/team": auth("team:p"),
    "p.example.com/team/apps": auth("apps:p"),
    "https://p.example.com/team/apps/web/": auth("web:p"),
    "p.example.com/tea": auth("tea:p"),
    "p.example.com:5000/team": auth("port:p"),
    "docker.io/acme": auth("acme:p"),
    [HUB]: auth("hub:p"),
    "q.example.com/team": auth("one:p"),
    "q.example.com/other": auth("two:p"),
    "q.example.com": auth("whole:p"),
  };

  it.each([
    ["p.example.com/team/a", "team"],
    ["p.example.com/team", "team"],
    ["p.example.com/team/apps/a:1", "apps"],
    ["p.example.com/team/apps/web", "web"],
    ["p.example.com/team/apps/web/x/y", "web"],
    ["p.example.com/teams/a", "api"],
    ["p.example.com/tea/a", "tea"],
    ["p.example.com/other", "api"],
    ["p.example.com:5000/team/a", "port"],
    ["acme/app", "acme"],
    ["ubuntu", "hub"],
    ["q.example.com/team/a", "one"],
    ["q.example.com/other/a", "two"],
    ["q.example.com/third/a", "whole"],
  ])("chooses the longest path for %s", async (reference, username) => {
    expect(await selectCredential(reference, { auths: byPath })).toMatchObject({ username });
  });

  it("falls back to another path of the host, as Docker does", async () => {
    const auths = { "p.example.com/team": auth("team:p") };
    expect(await selectCredential("p.example.com/other/a", { auths })).toMatchObject({
      username: "team",
    });
  });

  it("reads names in any case, as Go does", async () => {
    const config = {
      Auths: { "r.example.com": { Username: "u", PASSWORD: "p" } },
      CREDHELPERS: { "s.example.com": "own" },
      CredsStore: null,
    };
    expect(await selectCredential("r.example.com/a", config)).toEqual({
      username: "u",
      password: "p",
    });
    const run = helper({ own: { "s.example.com": "own o" } });
    expect(await selectCredential("s.example.com/a", config, run)).toMatchObject({
      username: "own",
    });
  });

  it("prefers the registry's own name to its URL", async () => {
    const both = { "https://r.example.com/v1/": auth("old:o"), "r.example.com": auth("new:n") };
    expect(await selectCredential("r.example.com/a", { auths: both })).toMatchObject({
      username: "new",
    });
  });

  it.each<[string, unknown, Credential | null]>([
    ["fields", { username: "u", password: "p", email: "e" }, { username: "u", password: "p" }],
    [
      "auth before fields",
      { ...auth("a:b"), username: "u", password: "p" },
      { username: "a", password: "b" },
    ],
    ["a password with colons", auth("a:b:c"), { username: "a", password: "b:c" }],
    ["an auth broken into lines", { auth: "YTpi\r\n\n" }, { username: "a", password: "b" }],
    [
      "an auth padded with NUL",
      { auth: Buffer.from("a:\0b\0\0").toString("base64") },
      { username: "a", password: "b" },
    ],
    ["an identity token", { identitytoken: "t" }, { identityToken: "t" }],
    [
      "an identity token before all",
      { ...auth("a:b"), identitytoken: "t" },
      { identityToken: "t" },
    ],
    ["a registry token", { registrytoken: "t" }, { registryToken: "t" }],
    [
      "a registry token before an identity token",
      { registrytoken: "t", identitytoken: "i" },
      { registryToken: "t" },
    ],
    ["a token by its user name", { username: "<token>", password: "t" }, { identityToken: "t" }],
    ["an empty entry", {}, null],
    ["null for an entry", null, null],
    ["empty fields", { auth: "", username: "", password: "", identitytoken: "" }, null],
    ["nulls", { auth: null, username: null }, null],
    ["an empty pair", auth(":"), null],
  ])("reads %s", async (_what, entry, credential) => {
    const config = { auths: { "r.example.com": entry } };
    expect(await selectCredential("r.example.com/a", config)).toEqual(credential);
  });

  it.each<[string, unknown]>([
    ["an entry that is not an object", "x"],
    ["an auth that is not text", { auth: 1 }],
    ["an auth that is not base64", { auth: "hunter2 hunter2" }],
    ["an auth without a colon", { auth: Buffer.from("hunter2").toString("base64") }],
    ["an auth that does not decode to text", { auth: "/////w==" }],
  ])("rejects %s without repeating it", async (_what, entry) => {
    const config = { auths: { "r.example.com": entry } };
    const refused = expect.objectContaining({
      reason: "CREDENTIAL_INVALID",
      message: expect.not.stringMatching(/hunter2|aHVudGVyMg/),
    });
    await expect(selectCredential("r.example.com/a", config)).rejects.toThrow(refused);
    // Another registry's malformed entry does no harm.
    expect(await selectCredential("s.example.com/a", config)).toBeNull();
  });

  it.each<[unknown]>([
    [null],
    ["{}"],
    [[]],
    [{ auths: [] }],
    [{ auths: 1 }],
    [{ credsStore: 1 }],
    [{ credHelpers: { a: 1 } }],
  ])("rejects the configuration %j", async (config) => {
    await expect(selectCredential("r.example.com/a", config)).rejects.toThrow(
      expect.objectContaining({ reason: "CREDENTIAL_INVALID" }),
    );
  });

  it("is not confused by keys of the prototype", async () => {
    const config: unknown = JSON.parse('{"auths":{"__proto__":{"r.example.com":{"auth":"YTpi"}}}}');
    expect(await selectCredential("r.example.com/a", config)).toBeNull();
    expect(await selectCredential("constructor.example.com/a", { auths: {} })).toBeNull();
  });

  it("rejects an invalid reference", async () => {
    await expect(selectCredential("UPPER", {})).rejects.toThrow(
      expect.objectContaining({ reason: "INVALID_REFERENCE" }),
    );
  });
});

describe("selectCredential from helpers", () => {
  it("asks the registry's own helper before the store and before auths", async () => {
    const config = {
      credHelpers: { "r.example.com": "own" },
      credsStore: "store",
      auths: { "r.example.com": auth("plain:p"), "s.example.com": auth("plain:p") },
    };
    const run = helper({
      own: { "r.example.com": "own o" },
      store: { "r.example.com": "store s", "s.example.com": "store s" },
    });
    expect(await selectCredential("r.example.com/a", config, run)).toEqual({
      username: "own",
      password: "o",
    });
    expect(await selectCredential("s.example.com/a", config, run)).toEqual({
      username: "store",
      password: "s",
    });
  });

  it("asks for Docker Hub by the name that Docker uses", async () => {
    const run = helper({ store: { [HUB]: "hub h", "docker.io": "wrong w" } });
    expect(await selectCredential("ubuntu", { credsStore: "store" }, run)).toEqual(HUB_CREDENTIAL);
  });

  it("recognises a token", async () => {
    const run = helper({ store: { "r.example.com": "<token> t" } });
    expect(await selectCredential("r.example.com/a", { credsStore: "store" }, run)).toEqual({
      identityToken: "t",
    });
  });

  it("does not consult auths if the helper has no credential", async () => {
    const config = { credsStore: "store", auths: { "r.example.com": auth("plain:p") } };
    expect(await selectCredential("r.example.com/a", config, helper({}))).toBeNull();
    const empty = helper({ store: { "r.example.com": " " } });
    expect(await selectCredential("r.example.com/a", config, empty)).toBeNull();
  });

  it("reads auths if the registry has no helper", async () => {
    const config = {
      credHelpers: { "r.example.com": "own" },
      credsStore: "",
      auths: { "s.example.com": auth("plain:p") },
    };
    expect(await selectCredential("s.example.com/a", config, helper({}))).toEqual({
      username: "plain",
      password: "p",
    });
  });

  it("reports that a helper is needed and cannot run", async () => {
    await expect(selectCredential("r.example.com/a", { credsStore: "store" })).rejects.toThrow(
      expect.objectContaining({ reason: "CREDENTIAL_HELPER_FAILED" }),
    );
  });
});

describe("toRegistryCredential", () => {
  it("wraps the secrets", () => {
    const wrapped = toRegistryCredential({ username: "u", password: "hunter2" });
    expect(JSON.stringify(wrapped)).toBe(
      '{"kind":"password","username":"u","password":"[redacted]"}',
    );
    const token = toRegistryCredential({ identityToken: "hunter2" });
    expect(JSON.stringify(token)).toBe('{"kind":"identity-token","identityToken":"[redacted]"}');
  });
});
