import type { LaunchTemplateVersion, ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";
import { snakeCaseName } from "../../../src/json/field-case.ts";
import type { AwsTarget, Check } from "../../../src/plan/plan.ts";
import type { LaunchTemplateOptions } from "../../../src/plan/instance.ts";
import { failed, passed } from "../../../src/substrate/check.ts";
import type { FloatingReference } from "../../../src/substrate/contract.ts";
import { settled } from "../../../src/substrate/reading.ts";
import type { Reading } from "../../../src/substrate/reading.ts";
import type { AwsReader } from "../client/reads.ts";
import { unread } from "../errors/failed-reads.ts";
import type { InstanceSettings } from "../settings.ts";
import { templateOptions } from "./template-options.ts";

/** The placement with what its launch template adds. */
export interface TemplateBase {
  readonly target: AwsTarget;
  /** The version that was read, for the plan. Null if the placement names none or it could not be read. */
  readonly version: InstanceSettings["launchTemplate"] | null;
  readonly checks: readonly Check[];
  /** The source of each setting that comes from the template, by JSON pointer. */
  readonly sources: Readonly<Record<string, string>>;
  /** The placement's `$Latest` or `$Default`, with the version that it means now. */
  readonly floating: readonly FloatingReference[];
  readonly error: Reading<unknown>["error"];
}

const FIELDS_CHECK = "launch-template.fields";

/**
 * Reads the template that the placement names, and fills the options that the placement leaves out. A launch sends these
 * values and does not name the template: what the plan shows is what EC2 is sent, even if the template is deleted.
 */
export async function readTemplate(
  reader: Pick<AwsReader, "launchTemplateVersion">,
  target: AwsTarget,
  signal: AbortSignal,
): Promise<TemplateBase> {
  const none = { target, version: null, checks: [], sources: {}, floating: [], error: null };
  if (target.launchTemplate === undefined) return none;
  const { value, error } = await settled(
    reader.launchTemplateVersion(target.launchTemplate, signal),
  );
  if (error !== null) return { ...none, checks: [unread("launch-template.exists", error)], error };
  return withTemplate(target, target.launchTemplate, value);
}

function withTemplate(
  target: AwsTarget,
  { id: givenId, name, version: asked = "$Default" }: LaunchTemplateOptions,
  read: LaunchTemplateVersion,
): TemplateBase {
  const { LaunchTemplateId: id = "", LaunchTemplateName, VersionNumber = 0 } = read;
  const data: ResponseLaunchTemplateData = read.LaunchTemplateData ?? {};
  const { options, unsupported } = templateOptions(data, target);
  const source = `launch template ${id} version ${VersionNumber}`;
  const names = ["launchTemplate", ...Object.keys(options)].map(snakeCaseName);
  return {
    target: { ...target, ...options },
    version: { id, name: LaunchTemplateName ?? null, version: VersionNumber },
    checks: [fieldsCheck(source, unsupported, names.slice(1))],
    sources: Object.fromEntries(names.map((name) => [`/settings/instance/${name}`, source])),
    floating: asked.startsWith("$")
      ? [
          {
            reference: `launch template ${givenId ?? name} version ${asked}`,
            value: `${id} version ${VersionNumber}`,
          },
        ]
      : [],
    error: null,
  };
}

function fieldsCheck(
  source: string,
  unsupported: readonly string[],
  taken: readonly string[],
): Check {
  if (unsupported.length === 0)
    return passed(
      FIELDS_CHECK,
      `${source} sets ${taken.join(", ") || "nothing that the placement leaves out"}`,
    );
  return failed(FIELDS_CHECK, {
    code: "FAILED_PRECONDITION",
    reason: "LAUNCH_TEMPLATE_UNSUPPORTED",
    message: `${source} has fields that Slipway does not take from a template: ${unsupported.join(", ")}`,
    remedy:
      "Remove them in a new version of the template, and set them in the records where these have such a field.",
    metadata: { fields: unsupported },
  });
}
