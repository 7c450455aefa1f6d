import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../../src/errors.ts";
import {
  AMD64_IMAGE,
  ZONE,
  at,
  bootDisk,
  errorCode,
  lastOf,
  properties,
  startChecked,
  verdict,
} from "./support/ask.ts";

const INSTANCES = `zones/${ZONE}/instances`;

/** A machine of the type with these disks beside its boot disk. */
function machineWith(disks: readonly JsonObject[], type = "n2-standard-2"): JsonObject {
  const boot = bootDisk(`global/images/${AMD64_IMAGE}`);
  return { name: "one", ...properties(ZONE, type), disks: [boot, ...disks] };
}

function disk(diskType: string, parameters: JsonObject, more: JsonObject = {}): JsonObject {
  const type = `zones/${ZONE}/diskTypes/${diskType}`;
  return { initializeParams: { diskType: type, diskSizeGb: "100", ...parameters }, ...more };
}

describe("the disks of an insert", () => {
  it.each<readonly [string, readonly JsonObject[], string, string]>([
    [
      "too few IOPS",
      [disk("hyperdisk-balanced", { provisionedIops: "2999" })],
      "400 badRequest",
      "Requested provisioned IOPS cannot be smaller than 3000.",
    ],
    [
      "more IOPS than the size has room for",
      [disk("hyperdisk-balanced", { diskSizeGb: "10", provisionedIops: "5001" })],
      "400 badRequest",
      "Requested provisioned IOPS cannot be larger than 5000.",
    ],
    [
      "throughput of a type that takes none",
      [disk("hyperdisk-extreme", { provisionedThroughput: "200" })],
      "400 invalid",
      "It cannot be specified for disk type hyperdisk-extreme.",
    ],
    [
      "a disk that is too small for its type",
      [disk("pd-balanced", { diskSizeGb: "9" })],
      "400 invalid",
      "Disk size must be between 10 GB and 65536 GB.",
    ],
    [
      "a malformed key",
      [disk("pd-balanced", {}, { diskEncryptionKey: { kmsKeyName: "agents" } })],
      "400 invalid",
      "The key name is malformed.",
    ],
    [
      "two disks with one device name",
      ["data", "data"].map((deviceName) => disk("pd-balanced", {}, { deviceName })),
      "400 invalid",
      "'data'. The device name is in use.",
    ],
    [
      "more disks than a machine may have",
      Array.from({ length: 128 }, () => disk("pd-balanced", {})),
      "413 fieldSizeTooLarge",
      "maximum size 128 element(s); actual size 129.",
    ],
  ])("%s is rejected", async (_name, disks, expected, words) => {
    const { post } = await startChecked();
    const reply = await post(INSTANCES, machineWith(disks));
    expect(verdict(reply)).toBe(expected);
    expect(at(reply.body, "error", "message")).toContain(words);
  });

  it("may not be Persistent Disks on a series that takes none, which the operation reports", async () => {
    const { post, get, clock } = await startChecked();
    const boot = {
      boot: true,
      initializeParams: {
        sourceImage: `global/images/${AMD64_IMAGE}`,
        diskType: `zones/${ZONE}/diskTypes/hyperdisk-balanced`,
      },
    };
    const body = {
      ...machineWith([], "n4-standard-2"),
      disks: [boot, disk("pd-balanced", {})],
    };
    const begun = await post(INSTANCES, body);
    expect(verdict(begun)).toBe("200");
    const operation = `zones/${ZONE}/operations/${lastOf(at(begun.body, "name"))}`;
    await clock.advance(1000);
    expect(errorCode(await get(operation))).toBe("UNSUPPORTED_OPERATION");
  });
});
