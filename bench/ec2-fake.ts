import { once } from "node:events";
import { existsSync } from "node:fs";
import { Agent, request } from "node:http";
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { startMoto } from "../test/support/moto.ts";
import { startEc2 } from "../testing/ec2/index.ts";
import { PeerMissing, pair } from "./figure.ts";
import type { Benchmark } from "./figure.ts";

const MACHINES = 100;
const RUNS = 3;
/** Requests per run, five of ours for each of theirs: moto's server needs a fifth of a second for one. */
const OUR_REQUESTS = 50;
const THEIR_REQUESTS = 10;
const MOTO = `${process.env["SLIPWAY_PEERS_DIR"] ?? "/tmp/slipway-peers"}/localstack/moto/bin/moto_server`;

/** The EC2 fake against moto's server: five times as many DescribeInstances of 100 machines. */
export const benchmark: Benchmark = {
  name: "ec2-fake",
  async run() {
    if (!existsSync(MOTO))
      throw new PeerMissing("moto's server is not installed: scripts/localstack.sh install");
    await using ours = await startEc2({
      rates: "off",
      maximumRequests: 0,
      timing: { pendingMs: 0 },
    });
    await using moto = await startMoto(MOTO);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const { images } = ours.region("us-east-1");
      await ask(agent, ours.url, launch(images.x86_64));
      await ask(agent, moto.url, launch("ami-12c6146b"));
      const figure = await pair({
        name: `${OUR_REQUESTS} DescribeInstances of ${MACHINES} machines / ${THEIR_REQUESTS} by moto's server`,
        target: 1,
        runs: RUNS,
        ours: () => describe(agent, ours.url, OUR_REQUESTS),
        theirs: () => describe(agent, moto.url, THEIR_REQUESTS),
      });
      return [figure];
    } finally {
      agent.destroy();
    }
  },
};

function launch(image: string): string {
  const one = `Action=RunInstances&ImageId=${image}&InstanceType=t3.micro`;
  return `${one}&MinCount=${MACHINES}&MaxCount=${MACHINES}`;
}

/** Sequential requests, as from a program that polls. */
async function describe(agent: Agent, url: string, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    const reply = await ask(agent, url, "Action=DescribeInstances");
    const shown = reply.toString().split("<instanceId>").length - 1;
    if (shown !== MACHINES) throw new Error(`${url} described ${shown} instances`);
  }
}

/** A request with a minimal client: both servers get the same request. */
async function ask(agent: Agent, url: string, form: string): Promise<Buffer> {
  const body = `${form}&Version=2016-11-15`;
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/gu, "");
  const scope = `${time.slice(0, 8)}/us-east-1/ec2/aws4_request`;
  // Both servers check only the form of a signature.
  const signature = createHash("sha256").update(body).digest("hex");
  const sent = request(url, {
    agent,
    method: "POST",
    headers: {
      "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
      "X-Amz-Date": time,
      Authorization: `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=content-type;host;x-amz-date, Signature=${signature}`,
    },
  });
  sent.end(body);
  const [response] = await once(sent, "response");
  const reply = await buffer(response);
  if (response.statusCode !== 200) throw new Error(`${url}: ${reply.toString()}`);
  return reply;
}
