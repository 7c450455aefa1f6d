import { OAuth2Client } from "google-auth-library";
import { describe, expect, it } from "vitest";
import { API_CALLS } from "../../../../../adapters/gce/client/api-calls.ts";
import { computeGax } from "../../../../../adapters/gce/client/gax.ts";

/** What a client passes: the description of its package, which is not to be read. */
const THEIRS = { nested: { unread: { fields: {} } } };

describe("the google-gax of Google's clients", () => {
  it("reads the adapter's description in the place of any other, once", () => {
    const { fallback } = computeGax();
    const options = { fallback: true, authClient: new OAuth2Client() };
    const root = new fallback.GrpcClient(options).loadProtoJSON(THEIRS);
    expect(new fallback.GrpcClient(options).loadProtoJSON(THEIRS)).toBe(root);
    expect(fallback.protobuf.Root.fromJSON(THEIRS)).toBe(root);
    expect(root.lookup("unread")).toBeNull();
  });

  it("knows the request and the response of every call", () => {
    const root = computeGax().fallback.protobuf.Root.fromJSON(THEIRS);
    root.resolveAll();
    const unknown = API_CALLS.map(({ method }) => method).filter((name) => {
      const [service = "", method = ""] = name
        .split(".")
        .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1));
      const called = root.lookupService(`google.cloud.compute.v1.${service}`).methods[method];
      return !called?.resolvedRequestType || !called.resolvedResponseType;
    });
    expect(unknown).toEqual([]);
  });
});
