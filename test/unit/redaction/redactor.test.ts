import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import { createRedactor } from "../../../src/redaction/redactor.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import { caughtError } from "../../support/caught.ts";

const PASSWORD = 'p"ä ss/wörd';

function redactorOf(...values: readonly string[]) {
  const secrets = values.map((value) => new SecretValue(value));
  return createRedactor(() => secrets);
}

function failure(details: Partial<ConstructorParameters<typeof SlipwayError>[0]> = {}) {
  return new SlipwayError({ code: "INTERNAL", reason: "INTERNAL", message: "no", ...details });
}

describe("a redactor", () => {
  it("reads a secret once, and not before there is a text to look at", () => {
    let revealed = 0;
    class Counted extends SecretValue {
      override reveal(): string {
        revealed += 1;
        return super.reveal();
      }
    }
    const secret = new Counted(PASSWORD);
    const redactor = createRedactor(() => [secret]);
    expect(revealed).toBe(0);
    expect(redactor.text(PASSWORD)).toBe("[redacted]");
    redactor.text("two");
    expect(revealed).toBe(1);
  });

  it("knows of a secret that has come since", () => {
    const secrets: SecretValue[] = [];
    const redactor = createRedactor(() => [...secrets]);
    expect(redactor.text("granted-token")).toBe("granted-token");
    secrets.push(new SecretValue("granted-token"));
    expect(redactor.text("granted-token")).toBe("[redacted]");
  });

  it("takes a secret out of data, its keys too, and leaves the data as it was", () => {
    const data = { list: [{ [`of ${PASSWORD}`]: PASSWORD }], count: 3, nothing: null };
    const before = structuredClone(data);
    expect(redactorOf(PASSWORD).data(data)).toEqual({
      list: [{ "of [redacted]": "[redacted]" }],
      count: 3,
      nothing: null,
    });
    expect(data).toEqual(before);
    expect(redactorOf("another one").data(data)).toBe(data);
  });

  it("takes a secret out of numbers too, and keeps other numbers", () => {
    const redactor = redactorOf("31415926");
    const numbers = { rate_limit_remaining: 31415926, list: [31415926, 3], count: 3 };
    const redacted = { rate_limit_remaining: "[redacted]", list: ["[redacted]", 3], count: 3 };
    expect(redactor.data(numbers)).toEqual(redacted);
    const cause = Object.assign(new Error("no"), { code: 31415926 });
    const told = redactor.error(failure({ metadata: numbers, cause }));
    expect(told.metadata).toEqual(redacted);
    expect(told.cause).toMatchObject({ code: "[redacted]" });
  });

  it("takes a secret out of every part of an error, and keeps the rest", () => {
    const cause = Object.assign(new Error(`401 for ${PASSWORD}`), { code: `E_${PASSWORD}` });
    cause.name = `Refused ${PASSWORD}`;
    const original = new SlipwayError({
      code: "UNAUTHENTICATED",
      reason: "REGISTRY_UNAUTHENTICATED",
      message: `refused ${PASSWORD}`,
      remedy: `do not use ${PASSWORD}`,
      blastRadius: "credential",
      retry: "next-candidate",
      metadata: { list: [{ deep: PASSWORD }], count: 3, nothing: null },
      checks: [{ name: "x", outcome: "failed", message: PASSWORD }],
      cause,
    });
    const told = redactorOf(PASSWORD).error(original);
    expect(told.toJSON()).toEqual({
      code: "UNAUTHENTICATED",
      reason: "REGISTRY_UNAUTHENTICATED",
      message: "refused [redacted]",
      remedy: "do not use [redacted]",
      blast_radius: "credential",
      retry: "next-candidate",
      metadata: { list: [{ deep: "[redacted]" }], count: 3, nothing: null },
      checks: [{ name: "x", outcome: "failed", message: "[redacted]" }],
    });
    expect(told.cause).toMatchObject({
      name: "Refused [redacted]",
      message: "401 for [redacted]",
      code: "E_[redacted]",
    });
    const causeStack = told.cause instanceof Error ? told.cause.stack : "";
    for (const stack of [told.stack, causeStack]) {
      expect(stack).toContain("redactor.test.ts");
      expect(stack).not.toContain(PASSWORD);
    }
  });

  it("takes a secret out of the causes of causes, which stay errors of ours", () => {
    const inner = failure({ message: "inner", cause: new Error(PASSWORD) });
    const told = redactorOf(PASSWORD).error(failure({ cause: inner }));
    expect(told.cause).toBeInstanceOf(SlipwayError);
    expect(told.cause).toMatchObject({ message: "inner", cause: { message: "[redacted]" } });
  });

  it("gives back the very error that holds no secret", () => {
    const error = failure({ cause: failure() });
    expect(redactorOf(PASSWORD).error(error)).toBe(error);
  });

  it("guards work: a good result is passed on, a failure goes out without secrets", async () => {
    const redactor = redactorOf(PASSWORD);
    expect(await redactor.guard(async () => PASSWORD)).toBe(PASSWORD);
    const refused = await caughtError(() =>
      redactor.guard(() => Promise.reject(failure({ message: PASSWORD }))),
    );
    expect(refused.message).toBe("[redacted]");
    const defect = await caughtError(() =>
      redactor.guard(() => Promise.reject(new TypeError(`no ${PASSWORD}`))),
    );
    expect(defect).toMatchObject({
      code: "INTERNAL",
      message: "unexpected failure: no [redacted]",
    });
  });
});
