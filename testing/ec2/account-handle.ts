import { accountRecord } from "./account.ts";
import type { Ec2 } from "./answer.ts";
import type { Account } from "./records.ts";

/** An account's agreements and its part of IAM, for tests to change. */
export interface Ec2Account {
  /** Removes the service-linked role for spot instances, as in an account that has never used the spot market. */
  removeSpotRole(): void;
  /** Accepts the terms of a Marketplace product. */
  subscribe(productCode: string): void;
  /**
   * Creates an instance profile that EC2 learns about later. Every other profile is known to EC2, with its role.
   *
   * @param profile ARN or name, as a launch refers to it
   */
  addInstanceProfile(profile: string, times: ProfileTimes): void;
  /** Makes a KMS key unusable: a machine with a volume that needs it ends right after its launch. */
  setUnusableKey(key: string, why: Account["unusableKeys"][number]["why"]): void;
  /** Limits the storage of the account's volumes in each region, in GiB; null removes the limit. */
  setVolumeQuota(gib: number | null): void;
}

/** Milliseconds since 1970. */
export interface ProfileTimes {
  /** When EC2 knows the profile. */
  readonly knownAt: number;
  /** When EC2 knows that the profile has a role. */
  readonly roleAt: number;
}

export function accountHandle({ world, save }: Ec2, account: string): Ec2Account {
  const change = (apply: (record: Account) => void): void => {
    const record = accountRecord(world, account);
    apply(record);
    world.accounts.set(account, record);
    save();
  };
  return {
    removeSpotRole: () =>
      change((record) => {
        record.hasSpotRole = false;
      }),
    subscribe: (productCode) => change(({ subscriptions }) => subscriptions.push(productCode)),
    addInstanceProfile: (profile, times) =>
      change(({ profiles }) => profiles.push({ profile, ...times })),
    setUnusableKey: (key, why) => change(({ unusableKeys }) => unusableKeys.push({ key, why })),
    setVolumeQuota: (gib) =>
      change((record) => {
        record.volumeGib = gib;
      }),
  };
}
