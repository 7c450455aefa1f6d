import { DEFAULT_PROFILE } from "./endpoint-provider.ts";
import { loadSdk } from "./load-sdk.ts";
import type { SharedFiles } from "./shared-files.ts";

/** A profile of the shared files. The credentials file takes precedence. */
export interface Profile {
  readonly name: string;
  readonly settings: Readonly<Record<string, string | undefined>>;
  /** Whether the file has the section of the profile's `sso_session`, if it names one. */
  readonly hasSession: boolean;
}

/** The profile of this name, and those whose credentials it assumes its role with. */
export async function profileChain(named: string, files: SharedFiles): Promise<readonly Profile[]> {
  const { CONFIG_PREFIX_SEPARATOR, loadSharedConfigFiles } = await loadSdk();
  // The SDK keeps each file for the process's life. This call reads them again, for its own sources too.
  const { configFile, credentialsFile } = await loadSharedConfigFiles({
    ...files,
    ignoreCache: true,
  });
  const chain = new Map<string, Profile>();
  for (let name: string | undefined = named; name !== undefined && !chain.has(name);) {
    const settings: Profile["settings"] = { ...configFile[name], ...credentialsFile[name] };
    const session = ["sso-session", settings["sso_session"]].join(CONFIG_PREFIX_SEPARATOR);
    const hasSession = settings["sso_session"] === undefined || Object.hasOwn(configFile, session);
    chain.set(name, { name, settings, hasSession });
    name = settings["source_profile"];
  }
  return [...chain.values()];
}

/** Whether neither of the shared files has the profile. */
function isAbsent({ name, settings }: Profile): boolean {
  return name !== DEFAULT_PROFILE && Object.keys(settings).length === 0;
}

/** Whether a profile of the chain takes the credentials of its role from the container's endpoint. */
export function usesContainer(chain: readonly Profile[]): boolean {
  return chain.some(({ settings }) => settings["credential_source"] === "EcsContainer");
}

const CREDENTIAL_SOURCES: ReadonlySet<string | undefined> = new Set([
  "Ec2InstanceMetadata",
  "EcsContainer",
  "Environment",
]);

/** The first mistake in the settings of a profile and its sources, for which the SDK has other words or none. */
export interface ProfileMistake {
  readonly words: string;
  readonly remedy: string;
}

export function mistakeIn(chain: readonly Profile[], files: SharedFiles): ProfileMistake | null {
  const visited = new Set(chain.map(({ name }) => name));
  for (const profile of chain) {
    const { name, settings, hasSession } = profile;
    const { source_profile: source, credential_source: from } = settings;
    const correct = `Correct profile ${name} in ${files.configFilepath}.`;
    if (isAbsent(profile))
      return {
        words: `neither ${files.configFilepath} nor ${files.filepath} has profile ${name}`,
        remedy: `Correct the name of profile ${name}, or configure it.`,
      };
    if (!hasSession)
      return {
        words: `${files.configFilepath} has no sso-session ${settings["sso_session"]}, which profile ${name} names`,
        remedy: `Correct sso_session of profile ${name}, or add the session with \`aws configure sso-session\`.`,
      };
    if (settings["role_arn"] === undefined) continue;
    if (from !== undefined && !CREDENTIAL_SOURCES.has(from))
      return {
        words: `credential_source of profile ${name} is none of ${[...CREDENTIAL_SOURCES].join(", ")}`,
        remedy: correct,
      };
    if (source !== undefined && source !== name && profile === chain.at(-1) && visited.has(source))
      return {
        words: `source_profile of profile ${name} leads back to profile ${source}`,
        remedy: correct,
      };
    if ([source, from, settings["web_identity_token_file"]].every((one) => one === undefined))
      return {
        words: `profile ${name} has role_arn, but no source_profile, credential_source or web_identity_token_file`,
        remedy: correct,
      };
  }
  return null;
}

/**
 * The remedy for a profile that gives no credentials: its first source that needs a person. Null if
 * there is none.
 */
export function adviceFor(chain: readonly Profile[]): string | null {
  for (const profile of chain) {
    const { name, settings } = profile;
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
