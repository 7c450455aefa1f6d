/**
 * The options of an EC2 instance, by the names of `RunInstances`, in the record's and the plan's form. An absent option
 * is EC2's default.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
 */
export interface InstanceOptions {
  /** In place of a single group. */
  readonly securityGroupIds?: readonly string[];
}

/** The names of the options. Each one that is set has a source of its own in the plan. */
export const INSTANCE_OPTIONS = [
  "securityGroupIds",
] as const satisfies readonly (keyof InstanceOptions)[];
