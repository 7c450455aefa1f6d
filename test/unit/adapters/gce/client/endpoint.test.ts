import { describe, expect, it } from "vitest";
import { computeOf, overriddenEndpoint } from "../../../../../adapters/gce/client/endpoint.ts";
import { caughtError } from "../../../../support/caught.ts";

describe("where Compute Engine is", () => {
  it.each([undefined, "", "  "])("is not overridden by %j", (override) => {
    expect(overriddenEndpoint(override)).toBeNull();
  });

  it("is in the universe of the credentials", () => {
    const rest = { port: 443, protocol: "https" };
    expect(computeOf("googleapis.com")).toEqual({ apiEndpoint: "compute.googleapis.com", ...rest });
    expect(computeOf("example.goog")).toEqual({ apiEndpoint: "compute.example.goog", ...rest });
  });

  it.each([
    ["http://127.0.0.1:8085/compute/v1/", "127.0.0.1", 8085, "http"],
    ["http://127.0.0.1:8085/compute/v1", "127.0.0.1", 8085, "http"],
    ["http://localhost/", "localhost", 80, "http"],
    ["https://compute.example.com/compute/v1/", "compute.example.com", 443, "https"],
    ["http://[::1]:9/compute/v1/", "[::1]", 9, "http"],
  ])("is what %s says", (override, apiEndpoint, port, protocol) => {
    expect(overriddenEndpoint(override)).toEqual({ apiEndpoint, port, protocol });
  });

  it.each([
    "127.0.0.1:8085",
    "ftp://host/compute/v1/",
    "http://host/other/v1/",
    "http://host/compute/beta/",
    "http://host/compute/v1/?key=x",
    "http://user:secret@host/compute/v1/",
    "http://user:sec/secret@host/compute/v1/",
  ])("is not %s", async (override) => {
    const error = await caughtError(() => overriddenEndpoint(override));
    expect(error.reason).toBe("CLOUD_ENDPOINT_INVALID");
    expect(error.message).not.toContain("secret");
  });
});
