import { describe, expect, it } from "vitest";
import { gceError } from "../../../../../adapters/gce/errors/errors.ts";
import { readFailure } from "../../../../../adapters/gce/errors/failure.ts";

const doing = "making instance i";

/** As the client throws a refusal: it keeps the body beside the error. */
function refused(status: number, body: unknown): Error {
  const error = Object.assign(new Error("client's words"), { code: 5, httpStatusCode: status });
  return Object.defineProperty(error, Symbol.for("google-gax.rawHttpResponsePayload"), {
    value: JSON.stringify(body),
  });
}

describe("a constraint of an organization's policies", () => {
  it.each([
    ["constraints/gcp.resourceLocations", "PLACE_UNAVAILABLE", "next-candidate", "zone"],
    ["constraints/compute.trustedImageProjects", "IMAGE_PERMISSION_DENIED", "never", "image"],
    ["constraints/compute.vmExternalIpAccess", "CLOUD_REQUEST_REFUSED", "never", "request"],
    ["constraints/compute.requireOsLogin", "CLOUD_REQUEST_REFUSED", "never", "account"],
    ["constraints/compute.requireShieldedVm", "CLOUD_REQUEST_REFUSED", "never", "region"],
    ["constraints/gcp.restrictNonCmekServices", "CLOUD_REQUEST_REFUSED", "never", "region"],
    [
      "constraints/compute.restrictNonConfidentialComputing",
      "CLOUD_REQUEST_REFUSED",
      "next-candidate",
      "type-in-market",
    ],
    [
      "constraints/compute.neverHeardOf",
      "CLOUD_REQUEST_REFUSED",
      "next-candidate",
      "type-in-market",
    ],
    [
      "customConstraints/custom.smallMachines",
      "CLOUD_REQUEST_REFUSED",
      "next-candidate",
      "type-in-market",
    ],
  ])("%s decides what its refusal is about", (name, reason, retry, radius) => {
    const message = `Constraint ${name} violated for project agents.`;
    const reply = { error: { code: 412, message, errors: [{ reason: "conditionNotMet" }] } };
    const error = gceError(readFailure(refused(412, reply)), { doing });
    expect([error.reason, error.retry, error.blastRadius]).toEqual([reason, retry, radius]);
    expect(error.message).toContain(message);
    expect(error.remedy).not.toBe("Fix the problem in the message, then resolve again.");
  });

  it("is shown with all others of a reply, and with all remedies", () => {
    // https://github.com/GoogleCloudPlatform/compute-image-tools/issues/1834
    const messages = [
      "Constraint constraints/gcp.resourceLocations violated for project 9.",
      "Constraint constraints/compute.requireShieldedVm violated for project projects/agents.",
    ];
    const errors = messages.map((message) => ({ reason: "conditionNotMet", message }));
    const reply = { error: { code: 412, message: messages[0], errors } };
    const error = gceError(readFailure(refused(412, reply)), { doing });
    expect(error.message).toBe(`${doing}: ${messages.join("; ")}`);
    expect(error).toMatchObject({ retry: "never", blastRadius: "region" });
    expect(error.remedy).toMatch(/zones that the organization's policy allows.*secure_boot/);
  });

  it("decides nothing about another refusal that mentions it", () => {
    const message = "You may not read constraints/gcp.resourceLocations.";
    const reply = { error: { code: 403, message, errors: [{ reason: "forbidden" }] } };
    const { reason, blastRadius } = gceError(readFailure(refused(403, reply)), { doing });
    expect([reason, blastRadius]).toEqual(["CLOUD_PERMISSION_DENIED", "credential"]);
  });
});
