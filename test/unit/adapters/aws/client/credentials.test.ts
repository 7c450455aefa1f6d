import { describe, expect, it } from "vitest";
import {
  cachedCredentials,
  environmentCredentials,
} from "../../../../../adapters/aws/client/credentials.ts";
import { chainOptions } from "../../../../support/aws-chain.ts";

const MINUTE = 60_000;
const NO_FILES = { filepath: "/nowhere/credentials", configFilepath: "/nowhere/config" };

function keys(name: string, expiresAt?: number) {
  const lasting = { accessKeyId: name, secretAccessKey: "secret" };
  return expiresAt === undefined ? lasting : { ...lasting, expiration: new Date(expiresAt) };
}

describe("cached credentials", () => {
  it("are loaded once, even for concurrent callers", async () => {
    let loads = 0;
    const cached = cachedCredentials(
      async () => keys(`key ${(loads += 1)}`),
      () => 0,
    );
    const both = await Promise.all([cached(), cached()]);
    expect([...both, await cached()].map(({ accessKeyId }) => accessKeyId)).toEqual([
      "key 1",
      "key 1",
      "key 1",
    ]);
  });

  it("are loaded again five minutes before they expire", async () => {
    let now = 0;
    let loads = 0;
    const cached = cachedCredentials(
      async () => keys(`key ${(loads += 1)}`, now + 60 * MINUTE),
      () => now,
    );
    await cached();
    now = 55 * MINUTE;
    expect((await cached()).accessKeyId).toBe("key 1");
    now += 1;
    expect((await cached()).accessKeyId).toBe("key 2");
  });

  it("are loaded again after a failure", async () => {
    let loads = 0;
    const cached = cachedCredentials(
      async () => {
        loads += 1;
        if (loads === 1) throw new Error("not now");
        return keys("key");
      },
      () => 0,
    );
    await expect(cached()).rejects.toThrow("not now");
    expect((await cached()).accessKeyId).toBe("key");
  });
});

describe("the environment's credentials", () => {
  it("are its keys with their session token", async () => {
    const environment = {
      AWS_ACCESS_KEY_ID: "AKIA",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_SESSION_TOKEN: "token",
    };
    expect(await environmentCredentials(chainOptions(environment, NO_FILES))()).toEqual({
      accessKeyId: "AKIA",
      secretAccessKey: "secret",
      sessionToken: "token",
    });
  });

  it("are its keys without the line breaks that a file or a setting ended with", async () => {
    const environment = {
      AWS_ACCESS_KEY_ID: "AKIA\n",
      AWS_SECRET_ACCESS_KEY: " secret\r\n",
      AWS_SESSION_TOKEN: "\n",
    };
    expect(await environmentCredentials(chainOptions(environment, NO_FILES))()).toEqual({
      accessKeyId: "AKIA",
      secretAccessKey: "secret",
    });
  });
});
