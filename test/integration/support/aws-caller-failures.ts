import { EC2_ACCOUNT } from "../../support/ec2-launch.ts";
import type { Ec2Failure } from "./aws-failure.ts";

export const CALLER_FAILURES: readonly Ec2Failure[] = [
  {
    name: "no permission to launch",
    given: ({ ec2 }) => {
      ec2.deny("ec2:RunInstances", EC2_ACCOUNT);
      return {};
    },
    check: "permission.launch",
    reason: "CLOUD_PERMISSION_DENIED",
    message: /these credentials may not launch.*ec2:RunInstances/,
    remedy: /^Grant ec2:RunInstances/,
  },
  {
    name: "no permission to pass the instance profile",
    given: ({ ec2 }) => {
      ec2.deny("iam:PassRole", EC2_ACCOUNT);
      return {
        target: {
          instanceProfileArn: `arn:aws:iam::${EC2_ACCOUNT}:instance-profile/agents`,
        },
      };
    },
    check: "permission.launch",
    reason: "CLOUD_PERMISSION_DENIED",
    message: /iam:PassRole/,
    remedy: /^Grant iam:PassRole/,
  },
  {
    name: "no permission to read the image",
    given: ({ ec2 }) => {
      ec2.deny("ec2:DescribeImages", EC2_ACCOUNT);
      return {};
    },
    check: "image.found",
    reason: "CLOUD_PERMISSION_DENIED",
    message: /DescribeImages in us-east-1/,
    remedy: /^Grant ec2:DescribeImages to the role or user/,
  },
  {
    name: "another account",
    given: () => ({ target: { accountId: "210987654321" } }),
    check: "account.launcher",
    reason: "ACCOUNT_MISMATCH",
    message: /belong to account 123456789012, but the placement is in account 210987654321$/,
    remedy: /^Use credentials of account 210987654321 /,
  },
  {
    name: "expired credentials",
    given: ({ ec2 }) => {
      ec2.fault({ kind: "error", code: "RequestExpired" });
      return {};
    },
    check: "cloud.credentials",
    reason: "CLOUD_UNAUTHENTICATED",
    message: /RequestExpired/,
    remedy: /Log in again/,
  },
  {
    name: "a role that cannot be assumed",
    given: ({ ec2 }) => {
      ec2.deny("sts:AssumeRole", EC2_ACCOUNT);
      return { target: { roleArn: `arn:aws:iam::${EC2_ACCOUNT}:role/launch` } };
    },
    check: "cloud.credentials",
    reason: "CLOUD_PERMISSION_DENIED",
    message: /AssumeRole in us-east-1 \(role arn:aws:iam::123456789012:role\/launch\)/,
    remedy: /role_arn/,
  },
  {
    name: "no network",
    // Nothing listens on port 9, so the connection is refused at once.
    given: () => ({ environment: { AWS_ENDPOINT_URL: "http://127.0.0.1:9" } }),
    check: "cloud.reachable",
    reason: "CLOUD_UNAVAILABLE",
    message: /AWS cannot be reached \(.*ECONNREFUSED/,
    remedy: /network/,
  },
  {
    name: "an endpoint that is not a URL",
    given: () => ({ environment: { AWS_ENDPOINT_URL_EC2: "localhost" } }),
    check: "cloud.endpoint",
    reason: "CLOUD_ENDPOINT_INVALID",
    message: /^AWS_ENDPOINT_URL_EC2: /,
    remedy: /http:\/\/127.0.0.1:4566/,
  },
];
