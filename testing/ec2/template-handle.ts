import { invalidArgument } from "../../src/errors.ts";
import type { Ec2 } from "./answer.ts";
import type { LaunchTemplate } from "./records.ts";
import { type Region, newId } from "./world.ts";

export type TemplateData = LaunchTemplate["versions"][number]["data"];

/** The launch templates of a region, for tests to create. */
export interface Ec2Templates {
  /**
   * @param data by the names of EC2's reply: `{ keyName: "ops" }`
   * @returns the template's id
   */
  addLaunchTemplate(name: string, data: TemplateData): string;
  /** Adds a version; the default one stays the first. */
  addLaunchTemplateVersion(id: string, data: TemplateData): void;
}

export function templateVerbs({
  ec2,
  region,
  account,
}: {
  readonly ec2: Ec2;
  readonly region: Region;
  readonly account: string;
}): Ec2Templates {
  return {
    addLaunchTemplate(name, data) {
      const id = newId(ec2.world, "lt");
      const versions = [{ number: 1, data }];
      const createdAt = ec2.now();
      region.launchTemplates.set(id, { id, account, name, createdAt, defaultVersion: 1, versions });
      ec2.save();
      return id;
    },
    addLaunchTemplateVersion(id, data) {
      const found = region.launchTemplates.get(id);
      if (found === undefined) throw invalidArgument("INVALID_INPUT", `the fake has no ${id}`);
      found.versions.push({ number: found.versions.length + 1, data });
      ec2.save();
    },
  };
}
