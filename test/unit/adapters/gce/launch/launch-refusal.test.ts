import { describe, expect, it } from "vitest";
import { refineRefusal } from "../../../../../adapters/gce/launch/launch-refusal.ts";
import { SlipwayError } from "../../../../../src/errors.ts";
import type { SlipwayErrorOptions } from "../../../../../src/errors.ts";
import { candidate, gcePlan, gcpTarget } from "../../../../support/gce-launches.ts";

const ZONE = "us-central1-a";
const LINK = "projects/agents/zones/us-central1-a";

function refined(
  error: SlipwayErrorOptions,
  machineType = "e2-small",
  diskType: string | null = null,
) {
  const instance = { diskSizeGb: null, diskType, subnetwork: "projects/p/regions/r/subnetworks/s" };
  const plan = gcePlan({ machineType, settings: { instance } });
  const { reason, retry, blastRadius, remedy } = refineRefusal(new SlipwayError(error), {
    plan,
    place: candidate(ZONE),
  });
  return { verdict: [reason, retry, blastRadius], remedy };
}

describe("a refusal of the placement's reservation", () => {
  const FIELD = "Invalid value for field 'resource.reservationAffinity': '{}'. ";
  const refusedWith = (
    message: string,
    where: { readonly reservation?: string; readonly market?: "spot"; readonly code?: string } = {},
  ) => {
    const { reservation = "held", market, code = "CONDITION_NOT_MET" } = where;
    const settings = { instance: { diskSizeGb: null, diskType: null, subnetwork: "s" } };
    const plan = gcePlan({ target: gcpTarget({ reservation }), settings });
    const error = new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "CLOUD_REQUEST_REFUSED",
      message,
      blastRadius: "type-in-market",
      retry: "next-candidate",
      metadata: { provider_code: code },
    });
    const place = { ...candidate(ZONE), ...(market === undefined ? {} : { market }) };
    const { reason, retry, blastRadius } = refineRefusal(error, { plan, place });
    return [reason, retry, blastRadius];
  };
  const there = ["next-candidate", "type-in-zone"];
  const unrefined = ["CLOUD_REQUEST_REFUSED", "next-candidate", "type-in-market"];

  it.each([
    ["Specified reservation 'held' does not exist.", "RESERVATION_NOT_FOUND"],
    ["Specified reservations [held] do not exist. (when acting as", "RESERVATION_NOT_FOUND"],
    [
      "Specified reservation 'held' does not have available resources for the request.",
      "RESERVATION_FULL",
    ],
    ["No available resources in specified reservations 'held'", "RESERVATION_MISMATCH"],
    [
      "Cannot insert instance to a reservation with status: CREATING, as it requires reservation to be in READY state.",
      "RESERVATION_MISMATCH",
    ],
    ["The reservation must exist in the same project as the instance.", "RESERVATION_MISMATCH"],
  ])("%s", (message, reason) => {
    expect(refusedWith(message)).toEqual([reason, ...there]);
    expect(refusedWith(message, { code: "conditionNotMet" })).toEqual([reason, ...there]);
  });

  it("is one of its field, whatever the code", () => {
    const message = `${FIELD}Specified reservations [held] can not be targeted`;
    expect(refusedWith(message, { code: "invalid" })).toEqual(["RESERVATION_MISMATCH", ...there]);
  });

  it("needs a reservation that the request names", () => {
    const message = "Specified reservation 'held' does not exist.";
    expect(refusedWith(message, { reservation: "any" })).toEqual(unrefined);
    expect(refusedWith(message, { market: "spot" })).toEqual(unrefined);
    expect(refusedWith(message, { code: "badRequest" })).toEqual(unrefined);
    expect(refusedWith("Constraint constraints/x violated")).toEqual(unrefined);
  });
});

describe("UNSUPPORTED_OPERATION", () => {
  const error = {
    code: "FAILED_PRECONDITION",
    reason: "NOT_OFFERED_HERE",
    message: "no",
    remedy: "Give the placement other zones.",
    blastRadius: "type-in-zone",
    retry: "next-candidate",
    metadata: { provider_code: "UNSUPPORTED_OPERATION" },
  } as const;

  it.each([
    ["n4-standard-2", "pd-balanced"],
    ["e2-small", "hyperdisk-balanced"],
    ["q7-standard-2", "hyperdisk-ml"],
  ])("for %s with %s is about the pair, in every zone", (machineType, diskType) => {
    const { verdict, remedy } = refined(error, machineType, diskType);
    expect(verdict).toEqual(["DISK_TYPE_UNSUPPORTED", "next-candidate", "type-in-market"]);
    expect(remedy).toContain("disk_type_ref");
  });

  it.each([
    ["n4-standard-2", "hyperdisk-balanced"],
    ["n4-standard-2", null],
    ["q7-standard-2", "pd-balanced"],
    ["constructor", "pd-balanced"],
  ])("for %s with %s may be about the zone", (machineType, diskType) => {
    const { verdict } = refined(error, machineType, diskType);
    expect(verdict).toEqual(["NOT_OFFERED_HERE", "next-candidate", "type-in-zone"]);
  });
});

describe("a refusal about a disk's key", () => {
  it.each([
    "Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource 'k' (or it may not exist).",
    "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1 is not enabled, current state is: DISABLED.",
  ])("is the same in every zone: %s", (words) => {
    const { verdict, remedy } = refined({
      code: "FAILED_PRECONDITION",
      reason: "CLOUD_REQUEST_REFUSED",
      message: `making instance i: Cloud KMS error when using key projects/p/locations/l/keyRings/r/cryptoKeys/k: ${words}`,
      remedy: "Fix it.",
      blastRadius: "type-in-market",
      retry: "next-candidate",
      metadata: { provider_code: "kmsPermissionDenied" },
    });
    expect(verdict).toEqual(["DISK_KEY_UNUSABLE", "never", "region"]);
    expect(remedy).toContain("roles/cloudkms.cryptoKeyEncrypterDecrypter");
  });
});

describe("parts of a request that do not go together", () => {
  const compatible = (parts: string) =>
    `making instance i: [${parts}] features are not compatible for creating instance.`;

  it.each([
    ["UNSUPPORTED_OPERATION", "NOT_OFFERED_HERE", "next-candidate"],
    ["badRequest", "CLOUD_REQUEST_REFUSED", "never"],
    ["ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", "INSUFFICIENT_CAPACITY", "next-candidate"],
  ] as const)(
    "are refused in every zone, also for a series that the table lacks (%s)",
    (code, reason, retry) => {
      for (const diskType of ["pd-balanced", null]) {
        const { verdict, remedy } = refined(
          {
            code: "FAILED_PRECONDITION",
            reason,
            retry,
            message: compatible(`${diskType ?? "pd-standard"}, q7-standard-2`),
            blastRadius: "type-in-zone",
            metadata: { provider_code: code },
          },
          "q7-standard-2",
          diskType,
        );
        expect(verdict).toEqual(["DISK_TYPE_UNSUPPORTED", "next-candidate", "type-in-market"]);
        expect(remedy).toContain(`disk_type_ref instead of ${diskType ?? "pd-standard"}`);
      }
    },
  );

  it("and have no disk type among them have another remedy", () => {
    const message = compatible("n2-standard-32, nvidia-tesla-t4");
    const { verdict, remedy } = refined(
      { code: "FAILED_PRECONDITION", reason: "NOT_OFFERED_HERE", message },
      "n2-standard-32",
      "pd-balanced",
    );
    expect(verdict).toEqual(["CLOUD_REQUEST_REFUSED", "next-candidate", "type-in-market"]);
    expect(remedy).toContain("another machine type than n2-standard-32");
  });
});

describe("a resource that is not found", () => {
  const missing = (message: string) =>
    refined({ code: "NOT_FOUND", reason: "CLOUD_REQUEST_REFUSED", message }).verdict;
  const unrefined = ["CLOUD_REQUEST_REFUSED", "never", "request"];

  it.each([
    [LINK, ["PLACE_NOT_FOUND", "next-candidate", "zone"]],
    [`${LINK}/machineTypes/e9`, ["NOT_OFFERED_HERE", "next-candidate", "type-in-zone"]],
    [
      `https://x.y/compute/v1/${LINK}/diskTypes/d`,
      ["NOT_OFFERED_HERE", "next-candidate", "type-in-zone"],
    ],
    [`${LINK}/acceleratorTypes/t4`, ["NOT_OFFERED_HERE", "next-candidate", "type-in-zone"]],
    ["projects/p/global/images/i", ["IMAGE_NOT_FOUND", "never", "image"]],
    ["projects/p/regions/r/subnetworks/s", ["SUBNET_NOT_FOUND", "never", "region"]],
    [`${LINK}/instances/i`, ["CLOUD_UNAVAILABLE", "next-candidate", "zone"]],
    ["projects/agents/zones/us-central1-b", unrefined],
    [`${LINK}/disks/d`, unrefined],
    ["not a link", unrefined],
  ])("%s", (link, verdict) => {
    expect(
      missing(`making instance ${LINK}/instances/i: The resource '${link}' was not found`),
    ).toEqual(verdict);
  });
});

it.each([
  [
    "resource.instanceProperties.shieldedInstanceConfig",
    "e2-small",
    ["IMAGE_UNSUPPORTED", "never", "image"],
  ],
  [
    "resource.confidentialInstanceConfig",
    "e2-small",
    ["CONFIDENTIAL_UNSUPPORTED", "next-candidate", "type-in-market"],
  ],
  ["zone", "e2-small", ["PLACE_NOT_FOUND", "next-candidate", "zone"]],
  ["resource.machineType", "e2-small", ["NOT_OFFERED_HERE", "next-candidate", "type-in-zone"]],
  [
    "resource.instanceProperties.machineType",
    "e2-small",
    ["NOT_OFFERED_HERE", "next-candidate", "type-in-zone"],
  ],
  [
    "resource.machineType",
    "c3-standard-192-metal",
    ["CLOUD_REQUEST_REFUSED", "next-candidate", "type-in-market"],
  ],
  [
    "resource.guestAccelerators[0].acceleratorType",
    "n1-standard-1",
    ["NOT_OFFERED_HERE", "next-candidate", "type-in-zone"],
  ],
  [
    "resource.disks[0].initializeParams.diskType",
    "e2-small",
    ["NOT_OFFERED_HERE", "next-candidate", "type-in-zone"],
  ],
  [
    "resource.disks[0].initializeParams.sourceImage",
    "e2-small",
    ["CLOUD_REQUEST_REFUSED", "never", "image"],
  ],
  [
    "resource.networkInterfaces[0].subnetwork",
    "e2-small",
    ["CLOUD_REQUEST_REFUSED", "never", "region"],
  ],
  ["resource.labels", "e2-small", ["CLOUD_REQUEST_REFUSED", "never", "request"]],
])("an invalid value of the field %s of %s", (field, machineType, wanted) => {
  const message = `making instance i: Invalid value for field '${field}': 'x'. It does not exist.`;
  const { verdict } = refined(
    { code: "FAILED_PRECONDITION", reason: "CLOUD_REQUEST_REFUSED", message },
    machineType,
  );
  expect(verdict).toEqual(wanted);
});

it.each([
  ["projects/p/global/images/i", ["IMAGE_PERMISSION_DENIED", "never", "image"]],
  ["projects/p/regions/r/subnetworks/s", ["CLOUD_PERMISSION_DENIED", "never", "credential"]],
])("a missing permission on %s is about that", (link, wanted) => {
  const { verdict } = refined({
    code: "PERMISSION_DENIED",
    reason: "CLOUD_PERMISSION_DENIED",
    message: `Required 'compute.x.use' permission for '${link}'`,
    blastRadius: "credential",
  });
  expect(verdict).toEqual(wanted);
});

describe("a request that Compute Engine refuses", () => {
  const refusedWith = (message: string, more: Partial<SlipwayErrorOptions> = {}) =>
    refined({
      code: "FAILED_PRECONDITION",
      reason: "CLOUD_REQUEST_REFUSED",
      message: `making 2 instances in ${LINK}: ${message}`,
      blastRadius: "type-in-market",
      retry: "next-candidate",
      ...more,
    }).verdict;
  const unrefined = ["CLOUD_REQUEST_REFUSED", "next-candidate", "type-in-market"];

  it.each([
    "Requested CPU platform unavailable in zone us-central1-a.",
    `The zone '${LINK}' is being maintained. (NEVER_HEARD_OF)`,
  ])("in words about its zone is tried in other zones: %s", (message) => {
    expect(refusedWith(message)).toEqual([
      "CLOUD_REQUEST_REFUSED",
      "next-candidate",
      "type-in-zone",
    ]);
  });

  it.each([
    "Labels are invalid.",
    "Zone us-central1-ai1a is being maintained.",
    `Add instance ${LINK}/instances/i to the constraint.`,
  ])("in other words is not: %s", (message) => {
    expect(refusedWith(message)).toEqual(unrefined);
  });

  it("for every zone is not, whatever it names", () => {
    const never = { retry: "never", blastRadius: "region" } as const;
    expect(refusedWith("not in zone us-central1-a", never)).toEqual([
      "CLOUD_REQUEST_REFUSED",
      "never",
      "region",
    ]);
  });
});

it("a service account that does not exist is named as such, whatever the code", () => {
  const { verdict, remedy } = refined({
    code: "NOT_FOUND",
    reason: "CLOUD_REQUEST_REFUSED",
    message: "making instance i: The resource 'a@b' of type 'serviceAccount' was not found. (X)",
  });
  expect(verdict).toEqual(["SERVICE_ACCOUNT_NOT_FOUND", "never", "request"]);
  expect(remedy).toContain("service_account");
});

it("a service account that the caller may not act as is a missing role", () => {
  const { verdict, remedy } = refined({
    code: "FAILED_PRECONDITION",
    reason: "CLOUD_REQUEST_REFUSED",
    message:
      "making instance i: The user does not have access to service account 'a@b'. User: 'c'. Ask a project owner to grant you the iam.serviceAccountUser role on the service account",
  });
  expect(verdict).toEqual(["CLOUD_PERMISSION_DENIED", "never", "request"]);
  expect(remedy).toContain("roles/iam.serviceAccountUser");
});
