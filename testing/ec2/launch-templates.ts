import type { Context } from "./action.ts";
import { Ec2Failure } from "./failure.ts";
import type { LaunchTemplate } from "./records.ts";

/** @throws Ec2Failure `InvalidLaunchTemplateId.NotFound` or `InvalidLaunchTemplateName.NotFoundException` */
export function requireTemplate(
  { region, account }: Pick<Context, "account" | "region">,
  { id, name }: { readonly id: string | null; readonly name: string | null },
): LaunchTemplate {
  const found = [...region.launchTemplates.values()].find(
    (one) => one.account === account && (one.id === id || one.name === name),
  );
  if (found !== undefined) return found;
  throw id === null
    ? new Ec2Failure(
        "InvalidLaunchTemplateName.NotFoundException",
        `The specified launch template, with template name ${name}, does not exist.`,
      )
    : new Ec2Failure(
        "InvalidLaunchTemplateId.NotFound",
        `The specified launch template, with template ID ${id}, does not exist.`,
      );
}

/** @param version a number, `$Latest` or `$Default` */
export function versionOf(
  { id, defaultVersion, versions }: LaunchTemplate,
  version: string,
): LaunchTemplate["versions"][number] {
  const number =
    version === "$Latest"
      ? versions.length
      : version === "$Default"
        ? defaultVersion
        : Number(version);
  const found = versions.find((one) => one.number === number);
  if (found !== undefined) return found;
  throw new Ec2Failure(
    "InvalidLaunchTemplateId.VersionNotFound",
    `Could not find the specified version ${version} for the launch template with ID ${id}.`,
  );
}
