import { describe, expect, it } from "vitest";
import { createAwsClients } from "../../../../../adapters/aws/client/client.ts";

describe("createAwsClients", () => {
  const clients = createAwsClients({
    target: { region: "us-east-1", roleArn: null, readonlyRoleArn: null },
    environment: {
      AWS_ENDPOINT_URL: "http://127.0.0.1:9",
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
    },
    home: "/nowhere",
    now: () => 0,
  });
  const request = { role: "launcher", region: "us-east-1" } as const;

  it.each(["ec2", "sts"] as const)(
    "removes only the SDK's call log from the %s client",
    async (service) => {
      const client = await clients[service](request);
      const steps = client.middlewareStack.identify().map((step) => step.split(/[: ]/u, 1)[0]);
      expect(steps).not.toContain("loggerMiddleware");
      // The steps that shape the request are still there.
      expect(steps).toEqual(
        expect.arrayContaining([
          "retryMiddleware",
          "getUserAgentMiddleware",
          "hostHeaderMiddleware",
          "contentLengthMiddleware",
          "recursionDetectionMiddleware",
          "httpSigningMiddleware",
        ]),
      );
    },
  );
});
