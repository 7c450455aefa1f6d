import { DEFAULT_PROFILE } from "./endpoint-provider.ts";
import { loadSdk } from "./load-sdk.ts";
import type { SharedFiles } from "./shared-files.ts";

/** A profile of the shared files. The credentials file takes precedence. */
export interface Profile {
  readonly name: string;
  readonly settings: Readonly<Record<string, string | undefined>>;
}

/** The profile of this name, and those whose credentials it assumes its role with. */
export async function profileChain(named: string, files: SharedFiles): Promise<readonly Profile[]> {
  const { loadSharedConfigFiles } = await loadSdk();
  const { configFile, credentialsFile } = await loadSharedConfigFiles(files);
  const chain = new Map<string, Profile>();
  for (let name: string | undefined = named; name !== undefined && !chain.has(name);) {
    const settings: Profile["settings"] = { ...configFile[name], ...credentialsFile[name] };
    chain.set(name, { name, settings });
    name = settings["source_profile"];
  }
  return [...chain.values()];
}

/** Whether neither of the shared files has the profile. */
export function isAbsent({ name, settings }: Profile): boolean {
  return name !== DEFAULT_PROFILE && Object.keys(settings).length === 0;
}

/** Whether a profile of the chain takes the credentials of its role from the container's endpoint. */
export function usesContainer(chain: readonly Profile[]): boolean {
  return chain.some(({ settings }) => settings["credential_source"] === "EcsContainer");
}

/**
 * The remedy for a profile that gives no credentials: its first source that does not exist or needs a person. Null if
 * there is none.
 */
export function adviceFor(chain: readonly Profile[]): string | null {
  for (const profile of chain) {
    const { name, settings } = profile;
    if (isAbsent(profile)) return `Correct the name of profile ${name}, or configure it.`;
    if (settings["sso_session"] ?? settings["sso_start_url"])
      return `Log in with \`aws sso login --profile ${name}\`.`;
    if (settings["login_session"]) return `Log in with \`aws login --profile ${name}\`.`;
    if (settings["mfa_serial"])
      return `Slipway does not ask for the code of ${settings["mfa_serial"]}. Use a profile with credential_process = aws configure export-credentials --profile ${name}, or set the temporary keys that this command prints.`;
    if (settings["credential_process"])
      return `Run the credential_process of profile ${name} by itself, and correct what it reports.`;
  }
  return null;
}
