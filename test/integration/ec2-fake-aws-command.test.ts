import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { startEc2 } from "../../testing/ec2/index.ts";
import { describeWithBoto3 } from "../support/localstack.ts";

const run = promisify(execFile);

describeWithBoto3("the aws command with the EC2 fake as its endpoint", (python) => {
  it("lists, runs, waits for, describes and terminates", async () => {
    await using ec2 = await startEc2();
    const aws = async (...words: readonly string[]): Promise<unknown> => {
      const { stdout } = await run(join(dirname(python), "aws"), [...words, "--output", "json"], {
        env: {
          PATH: process.env.PATH,
          AWS_ENDPOINT_URL: ec2.url,
          AWS_ACCESS_KEY_ID: "test",
          AWS_SECRET_ACCESS_KEY: "test",
          AWS_DEFAULT_REGION: "eu-west-1",
          AWS_EC2_METADATA_DISABLED: "true",
          NO_PROXY: "*",
        },
      });
      return stdout.trim() === "" ? null : JSON.parse(stdout);
    };
    const image = ["ec2", "describe-images", "--filters", "Name=architecture,Values=arm64"];
    const [id] = [await aws(...image, "--query", "Images[0].ImageId")].map(String);
    const launch = ["--image-id", id ?? "", "--instance-type", "c7gn.medium", "--count", "2"];
    const tags = ["--tag-specifications", "ResourceType=instance,Tags=[{Key=a,Value=b}]"];
    const asked = ["--client-token", "once", "--query", "Instances[].InstanceId"];
    const made = await aws("ec2", "run-instances", ...launch, ...tags, ...asked);
    const ids = ec2
      .region("eu-west-1")
      .instances()
      .map((instance) => instance.id);
    expect(made).toEqual(expect.arrayContaining(ids));
    await aws("ec2", "wait", "instance-running", "--instance-ids", ...ids);
    const states = ["--query", "Reservations[].Instances[].State.Name"];
    expect(
      await aws("ec2", "describe-instances", "--filters", "Name=tag:a,Values=b", ...states),
    ).toEqual(["running", "running"]);
    await aws("ec2", "terminate-instances", "--instance-ids", ...ids);
    await aws("ec2", "wait", "instance-terminated", "--instance-ids", ...ids);
    await expect(aws("ec2", "run-instances", ...launch, "--dry-run")).rejects.toThrow(
      "DryRunOperation",
    );
    expect(await aws("sts", "get-caller-identity")).toMatchObject({ Account: "000000000000" });
  }, 120_000);
});
