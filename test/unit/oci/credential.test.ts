import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  basicToken,
  credentialKey,
  credentialSecrets,
  type RegistryCredential,
} from "../../../src/oci/credential.ts";
import { SecretValue } from "../../../src/secret-value.ts";

function password(username: string, secret: string) {
  return { kind: "password", username, password: new SecretValue(secret) } as const;
}

function token(secret: string): RegistryCredential {
  return { kind: "identity-token", identityToken: new SecretValue(secret) };
}

describe("credentialKey", () => {
  it("is equal only for equal credentials", () => {
    const text = fc.string({ maxLength: 4 });
    fc.assert(
      fc.property(text, text, text, text, (one, two, three, four) => {
        const same = one === three && two === four;
        const keys = [password(one, two), password(three, four)].map(credentialKey);
        expect(keys[0] === keys[1]).toBe(same);
      }),
    );
    expect(credentialKey(token("x"))).toBe(credentialKey(token("x")));
    expect(credentialKey(token("x"))).not.toBe(credentialKey(token("y")));
    expect(credentialKey(token("x"))).not.toBe(credentialKey(password("", "x")));
    expect(credentialKey(null)).not.toBe(credentialKey(token("")));
  });

  it("does not contain the secret", () => {
    expect(credentialKey(password("user", "hunter2"))).not.toMatch(/user|hunter2/);
  });
});

describe("a credential's secrets", () => {
  it("are the password, alone and as sent", () => {
    expect(basicToken(password("ä", "ö:ü"))).toBe(Buffer.from("ä:ö:ü").toString("base64"));
    const revealed = (credential: RegistryCredential | null) =>
      credentialSecrets(credential).map((secret) => secret.reveal());
    expect(revealed(password("a", "b"))).toEqual(["b", "YTpi"]);
    expect(revealed(token("t"))).toEqual(["t"]);
    expect(revealed(null)).toEqual([]);
  });
});
