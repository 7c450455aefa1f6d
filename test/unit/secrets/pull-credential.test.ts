import { describe, expect, it } from "vitest";
import { isSlipwayError, type SlipwayError } from "../../../src/errors.ts";
import { credentialSecrets } from "../../../src/oci/credential.ts";
import type { RegistryCredential } from "../../../src/oci/credential.ts";
import { parseReference } from "../../../src/oci/reference.ts";
import { parsePullCredential, pullSecretsIn } from "../../../src/secrets/pull-credential.ts";
import { SecretValue } from "../../../src/secret-value.ts";

const PASSWORD = "hunter2";
const PACKED = Buffer.from(`alice:${PASSWORD}`).toString("base64");
const IMAGE = "r.example.com:5000/team/app:1";

function parse(value: string | Uint8Array, reference = IMAGE): RegistryCredential {
  return parsePullCredential({
    name: "pull",
    value: new SecretValue(value),
    reference: parseReference(reference),
  });
}

function plain(credential: RegistryCredential): string {
  const [secret] = credentialSecrets(credential);
  const user = credential.kind === "password" ? `${credential.username} ` : "";
  return `${user}${secret?.reveal() ?? ""}`;
}

function refusal(value: string | Uint8Array, reference = IMAGE): SlipwayError {
  try {
    parse(value, reference);
  } catch (caught) {
    if (isSlipwayError(caught)) return caught;
    throw caught;
  }
  throw new Error("it was taken");
}

describe("parsePullCredential", () => {
  it.each([
    ["a pair", "alice:hunter2", "alice hunter2"],
    ["a pair with colons in the password", "alice:a:b", "alice a:b"],
    ["a pair whose password has lines", '_json_key:{\n"a": 1}', '_json_key {\n"a": 1}'],
    ["an object", '{"username":"alice","password":"hunter2"}', "alice hunter2"],
    ["an object behind spaces", ' \n{"username":"alice","password":"hunter2"}\n', "alice hunter2"],
    [
      "an object that names its registry",
      '{"username":"a","password":"b","serveraddress":"https://r.example.com:5000/v1/"}',
      "a b",
    ],
    ["an identity token", '{"identitytoken":"eyJ.x-_"}', "eyJ.x-_"],
    ["an identity token as a pair", "<token>:eyJ", "eyJ"],
    ["a pair in base64", `{"auth":"${PACKED}"}`, "alice hunter2"],
    ["a configuration", `{"auths":{"r.example.com:5000":{"auth":"${PACKED}"}}}`, "alice hunter2"],
    [
      "a configuration with an address",
      `{"auths":{"https://r.example.com:5000/v1/":{"auth":"${PACKED}"}}}`,
      "alice hunter2",
    ],
    ["a configuration with a token", '{"auths":{"r.example.com:5000":{"identitytoken":"t"}}}', "t"],
    [
      "a configuration with fields",
      '{"auths":{"r.example.com:5000":{"username":"a","password":"b"}},"credsStore":"x"}',
      "a b",
    ],
    [
      "one of several entries",
      `{"auths":{"x":{},"r.example.com:5000":{"auth":"${PACKED}"}}}`,
      "alice hunter2",
    ],
  ])("reads %s", (_what, value, expected) => {
    expect(plain(parse(value))).toBe(expected);
  });

  it("takes the entry with the longest path", () => {
    const auths = {
      "r.example.com:5000": { username: "whole", password: "p" },
      "r.example.com:5000/team": { username: "team", password: "p" },
      "r.example.com:5000/other": { username: "other", password: "p" },
    };
    expect(plain(parse(JSON.stringify({ auths })))).toBe("team p");
    expect(plain(parse(JSON.stringify({ auths }), "r.example.com:5000/x:1"))).toBe("whole p");
  });

  it.each(["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"])(
    "knows %s as Docker Hub",
    (key) => {
      const config = JSON.stringify({ auths: { [key]: { auth: PACKED } } });
      expect(plain(parse(config, "ubuntu"))).toBe("alice hunter2");
      expect(refusal(config).reason).toBe("CREDENTIAL_REGISTRY_MISMATCH");
    },
  );

  it("names both registries if the credential is for another one", () => {
    const error = refusal(`{"auths":{"https://other.example.com/v1/":{"auth":"${PACKED}"}}}`);
    expect(error).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "CREDENTIAL_REGISTRY_MISMATCH",
      blastRadius: "credential",
      metadata: {
        secret: "pull",
        registry: "r.example.com:5000",
        credential_registries: ["other.example.com"],
      },
    });
    expect(error.message).toContain("other.example.com");
    expect(error.message).toContain("r.example.com:5000");
  });

  it("compares ports, and the registry named in an object", () => {
    const reason = "CREDENTIAL_REGISTRY_MISMATCH";
    expect(refusal(`{"auths":{"r.example.com":{"auth":"${PACKED}"}}}`).reason).toBe(reason);
    expect(refusal('{"username":"a","password":"b","serveraddress":"r.example.com"}').reason).toBe(
      reason,
    );
  });

  it("names only a few valid hosts of a long or malformed configuration", () => {
    const auths = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [`r${index}.example.com`, {}]),
    );
    expect(refusal(JSON.stringify({ auths })).message).toContain("r4.example.com and 4 more");
    const strange = refusal(JSON.stringify({ auths: { "a b\n": {}, "u:hunter2@x.example": {} } }));
    expect(strange.message).toContain("for x.example, and");
    expect(refusal('{"auths":{"a b":{}}}').message).toContain("another registry");
  });

  it.each<[string, string | Uint8Array]>([
    ["nothing", ""],
    ["one word", PASSWORD],
    ["no user", `:${PASSWORD}`],
    ["no password", "alice:"],
    ["a user with a line end", `ali\nce:${PASSWORD}`],
    ["a NUL in the password", `alice:${PASSWORD}\0`],
    ["bytes that are not text", new Uint8Array([0xff, 0x3a, 0x61])],
    ["broken JSON", `{"username":"alice","password":"${PASSWORD}"`],
    ["another object", `{"user":"alice","pass":"${PASSWORD}"}`],
    ["an empty object", "{}"],
    ["a user name alone", `{"username":"alice"}`],
    ["a user name with a colon", `{"username":"a:b","password":"${PASSWORD}"}`],
    ["a password that is not text", '{"username":"alice","password":1}'],
    ["a token with a space", `{"identitytoken":"${PASSWORD} x"}`],
    ["a token with a line end", `{"identitytoken":"${PASSWORD}\\n"}`],
    ["a configuration without entries", '{"auths":{}}'],
    ["a configuration that names a helper", '{"credsStore":"desktop"}'],
    ["a configuration that names helpers", '{"credHelpers":{"r.example.com:5000":"x"}}'],
    ["an entry without a credential", '{"auths":{"r.example.com:5000":{}}}'],
    ["an entry that is not an object", `{"auths":{"r.example.com:5000":"${PASSWORD}"}}`],
    ["an auth that is not base64", `{"auths":{"r.example.com:5000":{"auth":"${PASSWORD}!"}}}`],
    ["auths that are a list", `{"auths":["${PASSWORD}"]}`],
    ["a megabyte", `alice:${PASSWORD.repeat(200_000)}`],
  ])("rejects %s without repeating any of it", (_what, value) => {
    const error = refusal(value);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "CREDENTIAL_INVALID" });
    expect(error.message).toContain("secret pull");
    expect(error.remedy).toContain("user:password");
    const everything = `${JSON.stringify(error)} ${String(error.cause)} ${error.stack ?? ""}`;
    expect(everything).not.toContain(PASSWORD);
  });
});

describe("pullSecretsIn", () => {
  const basic = Buffer.from(`alice:${PASSWORD}`).toString("base64");

  it.each<readonly [string, string, readonly string[]]>([
    ["a pair", `alice:${PASSWORD}`, [PASSWORD, basic]],
    [
      "a user name and a password",
      JSON.stringify({ username: "alice", password: PASSWORD }),
      [PASSWORD, basic],
    ],
    ["an identity token", JSON.stringify({ identitytoken: "tok" }), ["tok"]],
    [
      "every entry of a Docker configuration",
      JSON.stringify({
        auths: { "r.example.com": { auth: PACKED }, other: { identitytoken: "tok" }, bad: 7 },
      }),
      [PASSWORD, basic, "tok"],
    ],
    ["nothing of a text", "a token", []],
    ["nothing of JSON that is cut", '{"password": "hunter2"', []],
    ["nothing of other JSON", '{"auths": 7, "key": "x"}', []],
  ])("finds %s", (_what, value, found) => {
    expect(pullSecretsIn(new SecretValue(value)).map((secret) => secret.reveal())).toEqual(found);
  });
});
