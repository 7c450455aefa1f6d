import { afterAll, beforeAll, expect, it } from "vitest";
import { type Ec2Fake, startEc2 } from "../../testing/ec2/index.ts";
import { describeWithLocalStack } from "../support/localstack.ts";
import { type Endpoint, comparable, endpoint } from "./support/ec2-endpoints.ts";
import { MACHINES } from "./support/ec2-machine-requests.ts";
import { PLACES } from "./support/ec2-place-requests.ts";
import { REFUSALS } from "./support/ec2-refusal-requests.ts";

/** The code and status of the error; the messages differ between the clouds. */
async function refusalOf(sent: Promise<unknown>): Promise<unknown> {
  try {
    return { granted: await sent };
  } catch (error) {
    if (!(error instanceof Error) || !("$metadata" in error)) throw error;
    const { $metadata: metadata } = error;
    const status =
      typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
        ? metadata.httpStatusCode
        : null;
    return { code: error.name, status };
  }
}

describeWithLocalStack("the EC2 fake and LocalStack", (url) => {
  let ours: Ec2Fake;
  let clouds: readonly Endpoint[] = [];

  // One account for all requests, because LocalStack takes seconds to create one. Each request reads what it created.
  beforeAll(async () => {
    ours = await startEc2({ rates: "off", timing: { pendingMs: 5, endingMs: 5 } });
    clouds = await Promise.all([endpoint(ours.url), endpoint(url)]);
  });
  afterAll(async () => {
    for (const cloud of clouds) cloud[Symbol.dispose]();
    await ours.close();
  });

  const bothAnswers = (send: (at: Endpoint) => Promise<unknown>): Promise<readonly unknown[]> =>
    Promise.all(clouds.map(async (at) => comparable(await send(at), at.account)));

  it.each([...PLACES, ...MACHINES])("give the same answer: %s", async (_name, send) => {
    const [mine, theirs] = await bothAnswers(send);
    expect(mine).toEqual(theirs);
  });

  it.each(REFUSALS)("reject in the same way: %s", async (_name, send) => {
    const [mine, theirs] = await bothAnswers((at) => refusalOf(send(at)));
    expect(mine).toEqual(theirs);
    expect(mine).toHaveProperty("code");
  });
});
