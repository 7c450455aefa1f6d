import type { Check, MachineShape } from "../../../src/plan/plan.ts";
import { skipped } from "../../../src/substrate/check.ts";

/**
 * EC2 uses the key only when it creates the volumes, after it has accepted the launch. None of its calls says before
 * whether the launcher may use it: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
 */
export function encryptionChecks({
  disk = {},
  dataDisks = [],
}: Pick<MachineShape, "disk" | "dataDisks">): readonly Check[] {
  const encrypted = [
    { what: "the root volume", ...disk },
    ...dataDisks.map(({ name, ...options }) => ({ what: `data disk ${name}`, ...options })),
  ].filter((one) => one.encrypted === true);
  if (encrypted.length === 0) return [];
  const volumes = encrypted.map(
    ({ what, kmsKey }) => `${what} with ${kmsKey ?? "the account's default key for EBS"}`,
  );
  return [
    skipped(
      "volume.encryption",
      `EC2 encrypts ${volumes.join(" and ")}; whether the launching role may use the key is known only after the launch: if not, the machine ends at once, as DISK_KEY_UNUSABLE or MACHINE_NOT_STARTED`,
    ),
  ];
}
