import { describe, expect, it } from "vitest";
import { guestChecks } from "../../../src/resolver/guest-checks.ts";
import type { GuestRequest } from "../../../src/plan/plan.ts";
import type { BootDelivery } from "../../../src/substrate/contract.ts";
import { createFakeAdapter } from "../../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";
import { samplePlan } from "../../support/sample-plan.ts";

const CLOUD_INIT = {
  delivery: "cloud-init",
  maximumBytes: 16_384,
  identity: "launch-index",
} as const;
const VARIABLE = { delivery: "environment", maximumBytes: 32_768 } as const;
const CLONED = {
  cloneUrl: "https://git.example.com/acme/app",
  baseBranch: null,
  conflictResolution: "MERGE" as const,
  clonePath: "/workspaces/app",
};

function checksOf(bootDocument: BootDelivery, guest: Partial<GuestRequest> = {}) {
  const batch = {
    maximum: 1000,
    longestSpawnId: null,
    idleMilliseconds: 0,
    longestMilliseconds: 0,
  };
  const adapter = createFakeAdapter({
    clock: createFakeClock(),
    images: [],
    places: [],
    capabilities: { batch, bootDocument },
  });
  const plan = samplePlan();
  return guestChecks({ ...plan, guest: { ...plan.guest, ...guest } }, adapter);
}

describe("guestChecks", () => {
  it("says how much of the user data is used, and how many spawns a launch carries", () => {
    const [check] = checksOf(CLOUD_INIT);
    expect(check).toMatchObject({ name: "guest.boot-document", outcome: "passed" });
    const [, used, left, members] =
      /at most (\d+) of 16384 bytes for a spawn without env and input, which leaves (\d+); a launch carries about (\d+) such spawns/.exec(
        check?.message ?? "",
      ) ?? [];
    expect(Number(used) + Number(left)).toBe(16_384);
    expect(Number(members)).toBe(1000);
  });

  it("says the size alone if each spawn has a document of its own", () => {
    expect(checksOf(VARIABLE)).toEqual([
      {
        name: "guest.boot-document",
        outcome: "passed",
        message: expect.stringMatching(/^the boot document takes at most \d+ of 32768 bytes$/),
      },
    ]);
  });

  it("fails for user data that is too large", () => {
    const userData = `#!/bin/sh\n# ${"x".repeat(900)}\n`.repeat(20);
    expect(checksOf(CLOUD_INIT, { userData })).toMatchObject([
      { name: "guest.boot-document", outcome: "failed", reason: "BOOT_DOCUMENT_TOO_LARGE" },
    ]);
  });

  it("says where a machine clones, and warns that a container does not", () => {
    expect(checksOf(CLOUD_INIT, { repos: [CLONED] })[1]).toMatchObject({
      name: "guest.clone",
      outcome: "passed",
      message: expect.stringContaining(
        "clones https://git.example.com/acme/app to /workspaces/app",
      ),
    });
    expect(checksOf(VARIABLE, { repos: [CLONED] })[1]).toMatchObject({
      name: "guest.clone",
      outcome: "warning",
      reason: "REPOS_NOT_CLONED",
      message: expect.stringContaining("does not clone https://git.example.com/acme/app"),
    });
  });

  it("says nothing of repositories that are information", () => {
    const { clonePath: _path, ...repository } = CLONED;
    expect(checksOf(VARIABLE, { repos: [repository] })).toHaveLength(1);
  });
});
