import {
  DeleteKeyPairCommand,
  DescribeKeyPairsCommand,
  ImportKeyPairCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect, it } from "vitest";
import { launchOf, subject } from "./support.ts";

const LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mlVQGnQ0zyv2cYVxkqWcKqoqyz1vQ0b0a0kq0kq0k me";

function imported(name: string, line = LINE) {
  return new ImportKeyPairCommand({ KeyName: name, PublicKeyMaterial: Buffer.from(line) });
}

it("an imported key pair is listed, can be launched with, and ends with its deletion", async () => {
  await using at = await subject();
  const KeyName = "ops";
  const { KeyPairId } = await at.client.send(imported(KeyName));
  expect(await at.client.send(new DescribeKeyPairsCommand({ KeyNames: [KeyName] }))).toMatchObject({
    KeyPairs: [{ KeyName, KeyPairId, KeyType: "ed25519" }],
  });
  const launch = new RunInstancesCommand({ ...launchOf(at.region), KeyName });
  expect(await at.client.send(launch)).toMatchObject({ Instances: [{ KeyName }] });
  await at.client.send(new DeleteKeyPairCommand({ KeyName }));
  const missing = { name: "InvalidKeyPair.NotFound", message: "The key pair 'ops' does not exist" };
  await expect(at.client.send(launch)).rejects.toMatchObject(missing);
  const read = new DescribeKeyPairsCommand({ KeyNames: [KeyName] });
  await expect(at.client.send(read)).rejects.toMatchObject(missing);
  expect(await at.client.send(new DeleteKeyPairCommand({ KeyName }))).toMatchObject({
    Return: true,
  });
});

it("a name is taken once in an account, and another account does not see it", async () => {
  await using at = await subject();
  await at.client.send(imported("ops"));
  await expect(at.client.send(imported("ops"))).rejects.toMatchObject({
    name: "InvalidKeyPair.Duplicate",
  });
  const other = at.clientFor({ accessKeyId: "210987654321" });
  expect((await other.send(new DescribeKeyPairsCommand({}))).KeyPairs ?? []).toEqual([]);
  await other.send(imported("ops"));
});

it.each(["", "ssh-dss AAAAB3NzaC1kc3MAAACBAAAA", "-----BEGIN RSA PRIVATE KEY-----"])(
  "refuses the key %j",
  async (line) => {
    await using at = await subject();
    await expect(at.client.send(imported("ops", line))).rejects.toMatchObject({
      name: expect.stringMatching(/^(?:InvalidKey\.Format|MissingParameter)$/),
    });
  },
);
