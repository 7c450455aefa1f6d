import {
  DescribeInstancesCommand,
  DescribeRegionsCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { AssumeRoleCommand, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import { codeOf, launchOf, refusal, subject } from "./support.ts";

const ROLE = "arn:aws:iam::210987654321:role/path/launcher";

describe("accounts", () => {
  it.each([
    ["test", "000000000000"],
    ["AKIAIOSFODNN7EXAMPLE", "000000000000"],
    ["123456789012", "123456789012"],
    ["named", "555555555555"],
  ])("map key %s to account %s", async (accessKeyId, account) => {
    await using it = await subject({ accounts: { named: "555555555555" } });
    const sts = it.stsFor({ accessKeyId });
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: account,
      Arn: `arn:aws:iam::${account}:root`,
    });
  });

  it("do not see each other's machines", async () => {
    await using it = await subject();
    const reply = await it.client.send(new RunInstancesCommand(launchOf(it.region)));
    const InstanceIds = [reply.Instances?.[0]?.InstanceId ?? ""];
    const other = it.clientFor({ accessKeyId: "123456789012" });
    expect((await other.send(new DescribeInstancesCommand({}))).Reservations).toEqual([]);
    expect(await codeOf(other.send(new DescribeInstancesCommand({ InstanceIds })))).toBe(
      "InvalidInstanceID.NotFound",
    );
  });
});

describe("a role", () => {
  it("provides credentials for its account until they expire", async () => {
    await using it = await subject();
    const sts = it.stsFor({});
    const assumed = await sts.send(
      new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "test", DurationSeconds: 900 }),
    );
    expect(assumed.Credentials?.Expiration).toEqual(new Date(it.clock.now() + 900_000));
    const accessKeyId = assumed.Credentials?.AccessKeyId ?? "";
    const sessionToken = assumed.Credentials?.SessionToken ?? "";
    const mine = it.stsFor({ accessKeyId, sessionToken });
    expect(await mine.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: "210987654321",
      Arn: "arn:aws:sts::210987654321:assumed-role/launcher/test",
    });
    const client = it.clientFor({ accessKeyId, sessionToken });
    expect(await codeOf(client.send(new DescribeRegionsCommand({})))).toBeNull();
    const forged = it.clientFor({ accessKeyId, sessionToken: "another" });
    expect(await refusal(forged.send(new DescribeRegionsCommand({})))).toMatchObject({
      code: "AuthFailure",
      status: 401,
    });
    await it.clock.advance(900_000);
    expect(await codeOf(client.send(new DescribeRegionsCommand({})))).toBe("RequestExpired");
    expect(await refusal(mine.send(new GetCallerIdentityCommand({})))).toMatchObject({
      status: 403,
      code: expect.stringContaining("ExpiredToken"),
    });
  });

  it("can be denied, and is rejected if its ARN is malformed", async () => {
    await using it = await subject();
    const sts = it.stsFor({});
    const assume = (RoleArn: string) =>
      sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "test" }));
    expect(await codeOf(assume("arn:aws:iam::1:user/x"))).toBe("ValidationError");
    it.ec2.deny("sts:AssumeRole");
    expect(await refusal(assume(ROLE))).toMatchObject({ code: "AccessDenied", status: 403 });
  });
});
