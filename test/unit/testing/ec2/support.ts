import { EC2Client } from "@aws-sdk/client-ec2";
import { STSClient } from "@aws-sdk/client-sts";
import {
  type Ec2Options,
  type Ec2Region,
  type Ec2Fake,
  startEc2,
} from "../../../../testing/ec2/index.ts";
import { type FakeClock, createFakeClock } from "../../../../testing/fake-clock.ts";

const REGION = "us-east-1";

/** A fake on a fake clock, with a client that does not retry. */
export interface Subject extends AsyncDisposable {
  readonly ec2: Ec2Fake;
  readonly clock: FakeClock;
  readonly region: Ec2Region;
  readonly client: EC2Client;
  clientFor(options: ClientOptions): EC2Client;
  stsFor(options: ClientOptions): STSClient;
}

export interface ClientOptions {
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly sessionToken?: string;
}

export async function subject(options: Ec2Options = {}): Promise<Subject> {
  const clock = createFakeClock();
  const ec2 = await startEc2({ clock, seed: "test", ...options });
  const clients: { destroy(): void }[] = [];
  const settings = ({ region = REGION, accessKeyId = "test", sessionToken }: ClientOptions) => ({
    region,
    endpoint: ec2.url,
    maxAttempts: 1,
    credentials: {
      accessKeyId,
      secretAccessKey: "test",
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
  });
  const clientFor = (of: ClientOptions): EC2Client => kept(clients, new EC2Client(settings(of)));
  return {
    ec2,
    clock,
    region: ec2.region(Object.keys(options.regions ?? { [REGION]: "" })[0] ?? REGION),
    client: clientFor({}),
    clientFor,
    stsFor: (of) => kept(clients, new STSClient(settings(of))),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      await ec2.close();
    },
  };
}

function kept<T extends { destroy(): void }>(clients: { destroy(): void }[], client: T): T {
  clients.push(client);
  return client;
}

/** The code, HTTP status and message of the error that the client throws, or `null` if it throws none. */
export async function refusal(sent: Promise<unknown>): Promise<{
  readonly code: string;
  readonly status: number | null;
  readonly message: string;
} | null> {
  try {
    await sent;
    return null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const metadata = "$metadata" in error ? error.$metadata : null;
    const status =
      typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
        ? Number(metadata.httpStatusCode)
        : null;
    return { code: error.name, status, message: error.message };
  }
}

/** Only the code. */
export async function codeOf(sent: Promise<unknown>): Promise<string | null> {
  return (await refusal(sent))?.code ?? null;
}

/** The minimal parameters of RunInstances. */
export function launchOf(region: Ec2Region) {
  return {
    ImageId: region.images.x86_64,
    InstanceType: "t3.micro" as const,
    MinCount: 1,
    MaxCount: 1,
  };
}
