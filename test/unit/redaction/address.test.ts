import { describe, expect, it } from "vitest";
import { quotableAddress } from "../../../src/redaction/address.ts";

describe("an address in a message", () => {
  it.each([
    "tcp://engine.test:2375/prefix",
    "unix:///run/docker.sock",
    "engine.test",
    "",
    "http://[",
  ])("keeps all of %j", (address) => {
    expect(quotableAddress(address)).toBe(address);
  });

  it.each([
    ["tcp://me:hunter2@engine.test:2375", "tcp://[redacted]@engine.test:2375"],
    ["me:hunter2@engine.test", "[redacted]@engine.test"],
    ["ssh://hunter2@engine.test/run/x.sock", "ssh://[redacted]@engine.test/run/x.sock"],
    ["https://me:hun/ter2@two@engine.test", "https://[redacted]@engine.test"],
    ["https://engine.test/?token=hunter2", "https://engine.test/?[redacted]"],
    ["https://engine.test#hunter2", "https://engine.test?[redacted]"],
    // The sign may be part of the password or of the query.
    ["https://me:hun?ter2@engine.test", "https://[redacted]"],
    ["https://engine.test/?token=a@hunter2", "https://[redacted]"],
    ["https://me:hun\nter2@engine.test", "https://[redacted]@engine.test"],
  ])("leaves the secret out of %j", (address, quoted) => {
    expect(quotableAddress(address)).toBe(quoted);
  });
});
