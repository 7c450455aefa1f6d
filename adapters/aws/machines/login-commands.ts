/**
 * The commands of the AWS command line that open a shell on an instance. The first needs a route to the instance's SSH port
 * or an EC2 Instance Connect Endpoint, the second a running SSM agent. Both need permissions that Slipway does not use.
 *
 * Sources: https://docs.aws.amazon.com/cli/latest/reference/ec2-instance-connect/ssh.html and
 * https://docs.aws.amazon.com/cli/latest/reference/ssm/start-session.html
 */
export function loginCommands(region: string, instanceId: string): readonly (readonly string[])[] {
  return [
    ["aws", "ec2-instance-connect", "ssh", "--instance-id", instanceId, "--region", region],
    ["aws", "ssm", "start-session", "--target", instanceId, "--region", region],
  ];
}
