import { createHash } from "node:crypto";
import { Ec2Failure } from "./failure.ts";
import type { KeyPair } from "./records.ts";
import { type Region, type World, newId } from "./world.ts";

interface NewKeyPair extends Pick<KeyPair, "account" | "createdAt" | "name" | "tags"> {
  readonly world: World;
  readonly region: Region;
  /** One line in the form of OpenSSH. */
  readonly publicKey: string;
}

/** @throws Ec2Failure for a name that is taken, and for a key that is not one line of OpenSSH's form */
export function addKeyPair({ world, region, publicKey, ...given }: NewKeyPair): KeyPair {
  if (findKeyPair(region, given) !== null)
    throw new Ec2Failure("InvalidKeyPair.Duplicate", "The keypair already exists");
  const [, type, body = ""] =
    /^ssh-(rsa|ed25519) ([A-Za-z0-9+/]{16,}={0,2})(?: [^\r\n]*)?\s*$/.exec(publicKey) ?? [];
  if (type !== "rsa" && type !== "ed25519")
    throw new Ec2Failure("InvalidKey.Format", "Key is not in valid OpenSSH public key format");
  const id = newId(world, "key");
  const digest = createHash("sha256").update(Buffer.from(body, "base64")).digest("base64");
  const keyPair: KeyPair = { ...given, id, type, fingerprint: digest };
  region.keyPairs.set(id, keyPair);
  return keyPair;
}

export function findKeyPair(
  region: Region,
  { account, name }: Pick<KeyPair, "account" | "name">,
): KeyPair | null {
  const isSame = (one: KeyPair) => one.account === account && one.name === name;
  return [...region.keyPairs.values()].find(isSame) ?? null;
}

/** @throws Ec2Failure `InvalidKeyPair.NotFound` */
export function requireKeyPair(region: Region, wanted: Pick<KeyPair, "account" | "name">): KeyPair {
  const found = findKeyPair(region, wanted);
  if (found !== null) return found;
  throw new Ec2Failure("InvalidKeyPair.NotFound", `The key pair '${wanted.name}' does not exist`);
}
