import type { Check } from "../../../src/plan/plan.ts";
import { warning } from "../../../src/substrate/check.ts";
import type { AwsEnvironment } from "../client/shared-files.ts";

/**
 * Warns if the environment names two sources of credentials. AWS's SDK for JavaScript then uses the profile, and would
 * print a warning; AWS's command line uses the keys. https://github.com/aws/aws-sdk-js-v3/pull/6277
 */
export function sourceChecks(environment: AwsEnvironment): readonly Check[] {
  const profile = environment["AWS_PROFILE"];
  const hasKeys = environment["AWS_ACCESS_KEY_ID"] && environment["AWS_SECRET_ACCESS_KEY"];
  if (!profile || !hasKeys) return [];
  return [
    warning("credentials.source", {
      message: `both AWS_PROFILE (${profile}) and AWS_ACCESS_KEY_ID are set: the profile is used`,
      remedy: "Unset the one that you do not mean. AWS's command line would use the keys.",
    }),
  ];
}
