import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";
import type { AwsTarget, Check } from "../../../src/plan/plan.ts";
import { failed, passed } from "../../../src/substrate/check.ts";
import type { ImageFacts } from "../image/image-facts.ts";

/** The check that machines of a type can encrypt their memory with AMD SEV-SNP. */
export const MACHINE_TYPE_CONFIDENTIAL = "machine-type.confidential";

type Confidential = AwsTarget["confidential"];

/** Whether EC2 describes the type as one with AMD SEV-SNP. None if the placement does not request it. */
export function confidentialTypeChecks(
  confidential: Confidential,
  name: string,
  { ProcessorInfo }: InstanceTypeInfo,
): readonly Check[] {
  if (confidential === undefined) return [];
  const features: readonly string[] = ProcessorInfo?.SupportedFeatures ?? [];
  if (features.includes("amd-sev-snp"))
    return [passed(MACHINE_TYPE_CONFIDENTIAL, `${name} has AMD SEV-SNP`)];
  return [
    failed(MACHINE_TYPE_CONFIDENTIAL, {
      code: "FAILED_PRECONDITION",
      reason: "CONFIDENTIAL_UNSUPPORTED",
      message: `instance type ${name} does not have AMD SEV-SNP, which confidential.amd_sev_snp of the placement requests`,
      remedy:
        "Name a machine type with it (such as one of m6a, c6a or r6a), or remove confidential from the placement.",
      blastRadius: "region",
      metadata: { instance_type: name, supported_features: features },
    }),
  ];
}

/** "AMI: use an AMI with uefi or uefi-preferred boot mode." https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sev-snp.html */
const BOOT_MODES: ReadonlySet<string | null> = new Set(["uefi", "uefi-preferred"]);

/** Whether the image boots in the mode that AMD SEV-SNP needs. None if the placement does not request it. */
export function confidentialImageChecks(
  confidential: Confidential,
  image: ImageFacts | null,
): readonly Check[] {
  if (confidential === undefined || image === null) return [];
  const check = "image.confidential";
  const { id, bootMode } = image;
  if (BOOT_MODES.has(bootMode)) return [passed(check, `${id} boots with AMD SEV-SNP`)];
  return [
    failed(check, {
      code: "FAILED_PRECONDITION",
      reason: "CONFIDENTIAL_UNSUPPORTED",
      message: `${id} has boot mode ${bootMode ?? "legacy-bios (by default)"}, but AMD SEV-SNP needs uefi or uefi-preferred`,
      remedy:
        "Name an AMI with one of these boot modes, or remove confidential from the placement.",
      blastRadius: "image",
      metadata: { image_id: id, boot_mode: bootMode },
    }),
  ];
}
