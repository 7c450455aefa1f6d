import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identityOf } from "../../support/spawner/identities.ts";
import type { LaunchKey } from "../../support/spawner/identities.ts";

const run = promisify(execFile);
const PROCESS = join(import.meta.dirname, "../../support/spawner/identity-process.ts");

const PARTS = ["token", "launchId", "containerName", "instanceName", "requestId"] as const;

const launchKey: fc.Arbitrary<LaunchKey> = fc.record({
  spawnId: fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/),
  number: fc.integer({ min: 1, max: 20 }),
  place: fc.constantFrom("us-east-1a", "us-east-1b", "us-central1-a"),
  subnet: fc.constantFrom("subnet-1", "subnet-2", "default"),
});

describe("the identity of a launch", () => {
  it("fits every provider's rules", () => {
    fc.assert(
      fc.property(launchKey, (key) => {
        const identity = identityOf(key);
        // EC2: a client token of at most 64 ASCII characters.
        expect(identity.token).toMatch(/^[0-9a-f]{64}$/);
        // Compute Engine: a label's value, a name as RFC 1035 has it, a UUID that is not all zeros.
        expect(identity.launchId).toMatch(/^[a-z0-9_-]{1,63}$/);
        expect(identity.instanceName).toMatch(/^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/);
        expect(identity.requestId).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        expect(identity.requestId).toMatch(/[1-9a-f]/);
        // Docker: the characters that an engine allows in a container's name.
        expect(identity.containerName).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
      }),
    );
  });

  it("differs in every part for another member, number, place or subnet", () => {
    const keys = fc.uniqueArray(launchKey, {
      selector: (key) => JSON.stringify(key),
      minLength: 2,
      maxLength: 20,
    });
    fc.assert(
      fc.property(keys, (distinct) => {
        const identities = distinct.map(identityOf);
        for (const part of PARTS)
          expect(new Set(identities.map((one) => one[part])).size).toBe(distinct.length);
      }),
    );
  });

  it("is the same in another process", { timeout: 60_000 }, async () => {
    const keys = fc.sample(launchKey, 200);
    const { stdout } = await run(process.execPath, [PROCESS, JSON.stringify(keys)]);
    expect(JSON.parse(stdout)).toEqual(keys.map(identityOf));
  });
});
