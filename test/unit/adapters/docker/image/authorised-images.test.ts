import { describe, expect, it } from "vitest";
import { createAuthorisedImages } from "../../../../../adapters/docker/image/authorised-images.ts";
import { SecretValue } from "../../../../../src/secret-value.ts";

const IMAGE = "registry.example/agent@sha256:1";
const login = (password: string) =>
  ({ kind: "password", username: "robot", password: new SecretValue(password) }) as const;

describe("createAcceptances", () => {
  it("holds for the same image and credential alone", () => {
    const acceptances = createAuthorisedImages(() => 0);
    acceptances.add(IMAGE, login("one"));
    expect(acceptances.holds(IMAGE, login("one"))).toBe(true);
    expect(acceptances.holds(IMAGE, login("two"))).toBe(false);
    expect(acceptances.holds(IMAGE, null)).toBe(false);
    expect(acceptances.holds("registry.example/agent@sha256:2", login("one"))).toBe(false);
  });

  it("holds for a minute, whichever way the clock goes", () => {
    let time = 1_000_000;
    const acceptances = createAuthorisedImages(() => time);
    acceptances.add(IMAGE, null);
    time += 60_000;
    expect(acceptances.holds(IMAGE, null)).toBe(true);
    time += 1;
    expect(acceptances.holds(IMAGE, null)).toBe(false);
    time -= 200_000;
    expect(acceptances.holds(IMAGE, null)).toBe(false);
  });
});
