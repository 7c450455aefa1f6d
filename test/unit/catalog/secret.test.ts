import { describe, expect, it } from "vitest";
import { SecretValue } from "../../../src/secret-value.ts";
import { memoryCatalog } from "../../support/catalog/open-catalog.ts";
import { caughtError } from "../../support/caught.ts";

const image = { name: "base", architecture: "ARCHITECTURE_AMD64", docker: { image_ref: "a:1" } };

describe("a secret", () => {
  it.each([
    { name: "TOKEN", plaintext_value: "hunter2", description: "d" },
    { name: "TOKEN", plaintextValue: "hunter2", description: "d" },
    { name: "TOKEN", plaintextValue: new SecretValue("hunter2"), description: "d" },
  ])("can be set as a record, and no read returns its value", async (body) => {
    const { catalog, secrets } = memoryCatalog();
    const record = await catalog.setDocument("secret", body, { name: "TOKEN" });
    expect(record).toMatchObject({ name: "TOKEN", description: "d", generation: 1 });
    const read = [
      record,
      await catalog.get("secret", "TOKEN"),
      await catalog.list("secret"),
      await catalog.history("secret", "TOKEN"),
    ];
    expect(JSON.stringify(read)).not.toContain("hunter2");
    expect((await secrets.get("acme", "TOKEN")).reveal()).toBe("hunter2");
  });

  it("is stored byte for byte", async () => {
    const { catalog, secrets } = memoryCatalog();
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    await catalog.setSecret("TOKEN", new SecretValue(bytes), { description: "d" });
    expect(Buffer.from((await secrets.get("acme", "TOKEN")).revealBytes())).toEqual(
      Buffer.from(bytes),
    );
  });

  it("keeps its value when its description is patched, and gets a new one when it is set", async () => {
    const { catalog, secrets } = memoryCatalog();
    await catalog.setSecret("TOKEN", new SecretValue("one"));
    await catalog.patch("secret", "TOKEN", { description: "d" });
    expect((await secrets.get("acme", "TOKEN")).reveal()).toBe("one");
    const record = await catalog.setSecret("TOKEN", new SecretValue("two"));
    expect(record).not.toHaveProperty("description");
    expect((await secrets.get("acme", "TOKEN")).reveal()).toBe("two");
  });

  it.each([
    [{ name: "TOKEN" }, "plaintext_value is required"],
    [{ name: "TOKEN", plaintext_value: "" }, "plaintext_value is required"],
    [{ name: "TOKEN", plaintext_value: null }, "plaintext_value is required"],
    [{ plaintext_value: "hunter2" }, "name is required"],
    [{ name: "token", plaintext_value: "hunter2" }, "name must match [A-Z][A-Z0-9_]*"],
    [{ name: "TOKEN", plaintext_value: 123 }, "plaintext_value must be a string: quote it"],
    [
      { name: "TOKEN", plaintext_value: { a: "hunter2" } },
      "plaintext_value must be a string: quote it",
    ],
    [
      { name: "TOKEN", plaintext_value: "hunter2", plaintextValue: "hunter2" },
      "plaintext_value is given twice, in snake_case and in camelCase",
    ],
    [{ name: "TOKEN", plaintext_value: "hunter2", value: "hunter2" }, "unknown field value"],
  ])("is rejected without repeating its value: %j", async (body, message) => {
    const { catalog } = memoryCatalog();
    const error = await caughtError(() => catalog.setDocument("secret", body));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message });
    expect(JSON.stringify(error)).not.toContain("hunter2");
  });

  it("does not take a value from the body of another kind", async () => {
    const { catalog } = memoryCatalog();
    const error = await caughtError(() =>
      catalog.setDocument("image", { ...image, plaintext_value: "hunter2" }),
    );
    expect(error.message).toBe("unknown field plaintext_value");
    expect(JSON.stringify(error)).not.toContain("hunter2");
  });

  it("cannot be empty", async () => {
    const { catalog } = memoryCatalog();
    const error = await caughtError(() => catalog.setSecret("TOKEN", new SecretValue("")));
    expect(error.message).toBe("the value of secret TOKEN is empty");
    expect((await caughtError(() => catalog.get("secret", "TOKEN"))).code).toBe("NOT_FOUND");
  });

  it("is deleted together with its value", async () => {
    const { catalog, secrets } = memoryCatalog();
    await catalog.setSecret("TOKEN", new SecretValue("one"));
    await catalog.delete("secret", "TOKEN");
    const error = await caughtError(() => secrets.get("acme", "TOKEN"));
    expect(error).toMatchObject({ code: "NOT_FOUND", reason: "SECRET_NOT_FOUND" });
  });
});
