import { expect, it } from "vitest";
import { createSecretMemory } from "../../../src/redaction/secret-memory.ts";

it("keeps the last secrets, each once, as the same objects", () => {
  const memory = createSecretMemory(2);
  for (const secret of ["", "one", "two", "two"]) memory.add(secret);
  const before = memory.all();
  expect(before.map((secret) => secret.reveal())).toEqual(["one", "two"]);
  memory.add("three");
  expect(memory.all().map((secret) => secret.reveal())).toEqual(["two", "three"]);
  expect(memory.all()[0]).toBe(before[1]);
});
