import { REFUSED } from "./error-rules.ts";
import type { GceVerdict } from "./error-rules.ts";

/** For a constraint of an organization's policies without a rule of its own. */
const CONSTRAINED: Partial<GceVerdict> = {
  remedy:
    "Ask the administrator of the organization: the constraint that the message names forbids this machine.",
};

/**
 * The scopes of an organization's policies, by their constraints.
 * https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints
 */
const CONSTRAINT_RULES: Readonly<Record<string, Partial<GceVerdict>>> = {
  "gcp.resourceLocations": {
    reason: "PLACE_UNAVAILABLE",
    remedy: "Give the placement zones that the organization's policy allows.",
    blastRadius: "zone",
    retry: "next-candidate",
  },
  "compute.trustedImageProjects": {
    reason: "IMAGE_PERMISSION_DENIED",
    remedy: "Use an image of a project that the organization's policy trusts, or have it added.",
    blastRadius: "image",
    retry: "never",
  },
  "compute.vmExternalIpAccess": {
    remedy:
      "Set assign_public_ip of the placement to false, or have the organization's policy changed.",
    blastRadius: "request",
    retry: "never",
  },
  "compute.restrictSharedVpcSubnetworks": {
    remedy: "Name a subnet in the placement that the organization's policy allows.",
    blastRadius: "region",
    retry: "never",
  },
  "compute.requireShieldedVm": {
    remedy:
      "Set shielded.secure_boot of the placement to true, and name an image with the guest feature UEFI_COMPATIBLE.",
    blastRadius: "region",
    retry: "never",
  },
  "compute.restrictNonConfidentialComputing": {
    remedy: "Set confidential of the placement.",
  },
  "gcp.restrictNonCmekServices": {
    remedy: "Set gce.kms_key in the spec of the environment's disk type.",
    blastRadius: "region",
    retry: "never",
  },
  "compute.requireOsLogin": {
    remedy:
      "Set enable-oslogin to TRUE in the project's metadata, and leave it out of the placement's metadata.",
    blastRadius: "account",
    retry: "never",
  },
  "compute.disableSerialPortAccess": {
    remedy:
      "Leave serial-port-enable out of the placement's metadata, or have the organization's policy changed.",
    blastRadius: "region",
    retry: "never",
  },
};

/** A constraint's name, as in `constraints/compute.vmExternalIpAccess`. The API gives it nowhere else. */
const CONSTRAINT = /\b(?:constraints\/([a-z]+\.[A-Za-z]+)|customConstraints\/custom\.\w+)/g;

/**
 * An unmet precondition is about what the organization's constraint is about, if one is named. If there are several,
 * one that nothing else meets decides, and the remedy is that of all.
 */
export function withConstraint(verdict: GceVerdict, said: string): GceVerdict {
  if (verdict !== REFUSED) return verdict;
  const found = [...said.matchAll(CONSTRAINT)].map(([, name = ""]) => name);
  const rules = [...new Set(found)].map((name) => ({ ...CONSTRAINED, ...CONSTRAINT_RULES[name] }));
  const decides = rules.find(({ retry }) => retry === "never") ?? rules[0];
  if (decides === undefined) return verdict;
  const remedies = new Set(rules.map(({ remedy }) => remedy));
  return { ...verdict, ...decides, remedy: [...remedies].join(" ") };
}
