/** The metadata service of the EC2 fake's instances. */
import { type RunInstancesCommandInput, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Subject, launchOf, subject } from "./support.ts";

const TTL = "X-aws-ec2-metadata-token-ttl-seconds";
const TOKEN = "X-aws-ec2-metadata-token";
const USER_DATA = Buffer.from([0x1f, 0x8b, 0x00, 0xff, 0x0a]);

async function launch(it: Subject, change: Partial<RunInstancesCommandInput> = {}) {
  const input = {
    ...launchOf(it.region),
    UserData: USER_DATA.toString("base64"),
    ...change,
    MetadataOptions: { HttpTokens: "optional" as const, ...change.MetadataOptions },
  };
  const { Instances = [] } = await it.client.send(new RunInstancesCommand(input));
  return Instances.toSorted(
    (one, other) => (one.AmiLaunchIndex ?? 0) - (other.AmiLaunchIndex ?? 0),
  ).map(({ InstanceId }) => InstanceId ?? "");
}

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

async function ask(url: string, path: string, { headers = {}, method = "GET" }: Asked = {}) {
  const response = await fetch(`${url}${path}`, { method, headers, redirect: "manual" });
  return { status: response.status, text: await response.text() };
}

async function tokenOf(url: string, seconds = "60"): Promise<string> {
  const { text } = await ask(url, "/latest/api/token", {
    method: "PUT",
    headers: { [TTL]: seconds },
  });
  return text;
}

describe("the metadata service of an EC2 instance", () => {
  it("gives each instance of a launch its own id, index, place and tags", async () => {
    await using it = await subject();
    const tags = [{ ResourceType: "instance" as const, Tags: [{ Key: "a:b", Value: "c d" }] }];
    const ids = await launch(it, {
      MinCount: 3,
      MaxCount: 3,
      TagSpecifications: tags,
      MetadataOptions: { InstanceMetadataTags: "enabled" },
    });
    const read = await Promise.all(
      ids.map(async (id) => {
        const { url } = await it.ec2.metadata(id);
        const headers = { [TOKEN]: await tokenOf(url) };
        const paths = [
          "instance-id",
          "ami-launch-index",
          "placement/availability-zone",
          "tags/instance/",
          "tags/instance/a:b",
        ];
        return await Promise.all(
          paths.map(
            async (path) => (await ask(url, `/latest/meta-data/${path}`, { headers })).text,
          ),
        );
      }),
    );
    const zone = it.region.instances()[0]?.zone;
    expect(read).toEqual(ids.map((id, index) => [id, String(index), zone, "a:b", "c d"]));
  });

  it("serves the user data to the byte, at the instance's own address and below the fake's", async () => {
    await using it = await subject();
    const [id = ""] = await launch(it);
    const { url } = await it.ec2.metadata(id);
    for (const base of [url, `${it.ec2.url}/metadata/${id}`]) {
      const response = await fetch(`${base}/latest/user-data`);
      expect(response.headers.get("content-type")).toBe("application/octet-stream");
      expect(Buffer.from(await response.arrayBuffer())).toEqual(USER_DATA);
    }
  });

  it("has no user data and no tags to show if there are none", async () => {
    await using it = await subject();
    const [id = ""] = await launch(it, { UserData: undefined });
    const { url } = await it.ec2.metadata(id);
    expect((await ask(url, "/latest/user-data")).status).toBe(404);
    expect((await ask(url, "/latest/meta-data/tags/instance/")).status).toBe(404);
    expect((await ask(url, "/latest/")).text).toBe("dynamic/\nmeta-data/");
  });

  it.each([
    ["without its TTL", {}, 400],
    ["with a TTL of 0", { [TTL]: "0" }, 400],
    ["for more than 6 hours", { [TTL]: "21601" }, 400],
    ["with a TTL that is not a number", { [TTL]: "an hour" }, 400],
    ["through a proxy", { [TTL]: "60", "X-Forwarded-For": "10.0.0.9" }, 403],
    ["for 6 hours", { [TTL]: "21600" }, 200],
  ])("answers a request for a token %s", async (_what, headers, status) => {
    await using it = await subject();
    const [id = ""] = await launch(it);
    const { url } = await it.ec2.metadata(id);
    const answer = await ask(url, "/latest/api/token", { method: "PUT", headers });
    expect(answer.status).toBe(status);
  });

  it("refuses requests without a valid token if the instance requires one", async () => {
    await using it = await subject();
    const options = { MetadataOptions: { HttpTokens: "required" as const } };
    const [id = "", other = ""] = await launch(it, { ...options, MinCount: 2, MaxCount: 2 });
    const { url } = await it.ec2.metadata(id);
    const path = "/latest/meta-data/instance-id";
    expect((await ask(url, path)).status).toBe(401);
    expect((await ask(url, path, { headers: { [TOKEN]: "guessed" } })).status).toBe(401);
    const foreign = await tokenOf((await it.ec2.metadata(other)).url);
    expect((await ask(url, path, { headers: { [TOKEN]: foreign } })).status).toBe(401);
    const headers = { [TOKEN]: await tokenOf(url, "60") };
    expect(await ask(url, path, { headers })).toEqual({ status: 200, text: id });
    await it.clock.advance(60_000);
    expect((await ask(url, path, { headers })).status).toBe(401);
  });

  it("does not let a token travel beyond the hop limit", async () => {
    await using it = await subject();
    const [near = ""] = await launch(it, { MetadataOptions: { HttpPutResponseHopLimit: 1 } });
    const [far = ""] = await launch(it, { MetadataOptions: { HttpPutResponseHopLimit: 2 } });
    const asked = async (id: string) => {
      const { url } = await it.ec2.metadata(id, { hops: 2 });
      return await fetch(`${url}/latest/api/token`, {
        method: "PUT",
        headers: { [TTL]: "60" },
      });
    };
    expect((await asked(far)).status).toBe(200);
    await expect(asked(near)).rejects.toThrow("fetch failed");
  });

  it("answers nothing for an instance whose endpoint is off, or that has ended", async () => {
    await using it = await subject();
    const [off = ""] = await launch(it, { MetadataOptions: { HttpEndpoint: "disabled" } });
    const { url } = await it.ec2.metadata(off);
    expect((await ask(url, "/latest/meta-data/instance-id")).status).toBe(403);
    const gone = await it.ec2.metadata("i-00000000000000000");
    await expect(ask(gone.url, "/latest/")).rejects.toThrow("fetch failed");
  });

  it("answers unknown paths, versions and methods as the service does", async () => {
    await using it = await subject();
    const [id = ""] = await launch(it);
    const { url } = await it.ec2.metadata(id);
    const status = async (path: string, method = "GET") =>
      (await ask(url, path, { method })).status;
    expect(await status("/latest/meta-data/nothing")).toBe(404);
    expect(await status("/1999-01-01/meta-data/")).toBe(404);
    expect(await status("/2021-03-23/meta-data/instance-id")).toBe(200);
    expect(await status("/latest/meta-data/instance-id", "DELETE")).toBe(405);
    expect(await status("/latest/meta-data/constructor")).toBe(404);
  });
});
