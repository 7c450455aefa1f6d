import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { type Ec2Fake, startEc2 } from "../../testing/ec2/index.ts";
import { describeWithBoto3 } from "../support/localstack.ts";

const run = promisify(execFile);

/** Lists, runs, waits for, describes and terminates, with the SDK's own waiters and paginators. */
const SCRIPT = `
import json, sys, boto3
from botocore.exceptions import ClientError
image, subnet, arm = sys.argv[1:4]
client = boto3.client("ec2")
found = {}
found["images"] = sorted(i["Architecture"] for i in client.describe_images(Owners=["amazon"])["Images"])
reply = client.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=6, MaxCount=6, SubnetId=subnet,
    UserData="#cloud-config", TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b c"}]}])
ids = [i["InstanceId"] for i in reply["Instances"]]
client.get_waiter("instance_running").wait(InstanceIds=ids, WaiterConfig={"Delay": 1})
client.get_waiter("instance_status_ok").wait(InstanceIds=ids, WaiterConfig={"Delay": 1})
pages = client.get_paginator("describe_instances").paginate(
    Filters=[{"Name": "tag:a", "Values": ["b*"]}], PaginationConfig={"PageSize": 5})
sizes = [sum(len(r["Instances"]) for r in page["Reservations"]) for page in pages]
found["pages"] = sizes
found["indexes"] = sorted(i["AmiLaunchIndex"] for i in reply["Instances"])
found["user_data"] = client.describe_instance_attribute(InstanceId=ids[0], Attribute="userData")["UserData"]["Value"]
try:
    client.run_instances(ImageId=image, InstanceType=arm, MinCount=1, MaxCount=1)
except ClientError as error:
    found["refused"] = error.response["Error"]["Code"]
client.terminate_instances(InstanceIds=ids)
client.get_waiter("instance_terminated").wait(InstanceIds=ids, WaiterConfig={"Delay": 1})
found["account"] = boto3.client("sts").get_caller_identity()["Account"]
print(json.dumps(found))
`;

async function runScript(python: string, ec2: Ec2Fake): Promise<unknown> {
  const { images, subnets } = ec2.region("us-east-1", "123456789012");
  const wanted = [images.x86_64, subnets["us-east-1a"] ?? "", "c7gn.medium"];
  const { stdout } = await run(python, ["-c", SCRIPT, ...wanted], {
    env: {
      AWS_ENDPOINT_URL: ec2.url,
      AWS_ACCESS_KEY_ID: "123456789012",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
      NO_PROXY: "*",
    },
  });
  const found: unknown = JSON.parse(stdout);
  return found;
}

describeWithBoto3("boto3 with the EC2 fake as its endpoint", (python) => {
  it("lists, runs, waits for, describes and terminates", async () => {
    await using ec2 = await startEc2();
    expect(await runScript(python, ec2)).toEqual({
      images: ["arm64", "x86_64"],
      pages: [5, 1],
      indexes: [0, 1, 2, 3, 4, 5],
      user_data: Buffer.from("#cloud-config").toString("base64"),
      refused: "InvalidParameterValue",
      account: "123456789012",
    });
    const states = ec2
      .region("us-east-1", "123456789012")
      .instances()
      .map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(["terminated"]));
  }, 60_000);
});
