import type { CatalogRecord } from "../../catalog/kinds.ts";
import { isSlipwayError } from "../../errors.ts";
import { readDockerConfigFile } from "../../host/docker-config-file.ts";
import { credentialServer, parseReference } from "../../oci/reference.ts";
import type { Check } from "../../plan/plan.ts";
import { describeCredential, withProblem } from "../../resolver/credential-problem.ts";
import { runCredentialHelper } from "../../secrets/credential-helper.ts";
import { invalidCredential, readDockerConfig } from "../../secrets/docker-config.ts";
import type { DockerConfig } from "../../secrets/docker-config.ts";
import type { DockerConfigOptions } from "../../secrets/docker-config-provider.ts";
import { failedBy, passed, warning } from "../../substrate/check.ts";
import { imageCredential } from "../credentials.ts";
import type { CredentialPorts } from "../credentials.ts";
import { bounded } from "./bounded.ts";
import type { TimeLimit } from "./bounded.ts";

const NAME = "registry";
/** How many of the images that share a credential are named. */
const IMAGES_NAMED = 3;

export interface RegistryQuestion {
  readonly configuration: DockerConfigOptions;
  /** The tenant's images. */
  readonly images: readonly CatalogRecord<"image">[];
  readonly credentials: CredentialPorts;
}

/** Docker's configuration, its credential helpers, and the credential of each registry that the images name. */
export async function registryChecks(
  { configuration, images, credentials }: RegistryQuestion,
  limit: TimeLimit,
): Promise<readonly Check[]> {
  const { config, check } = await readConfiguration(configuration);
  const groups = [...Map.groupBy(images.filter(isOci), credentialKeyOf).values()];
  const found = groups.map((group) => credentialCheck(group, credentials, limit));
  const helpers = idleHelpers(config, images).map((helper) =>
    helperCheck(helper, configuration, limit),
  );
  return [check, ...(await Promise.all([...found, ...helpers]))];
}

async function readConfiguration({
  path,
}: DockerConfigOptions): Promise<{ readonly config: DockerConfig | null; readonly check: Check }> {
  const file = await readDockerConfigFile(path);
  if (file.kind === "absent")
    return {
      config: null,
      check: passed(NAME, `${path} does not exist: Docker has no credentials`),
    };
  try {
    if (file.kind !== "read") throw invalidCredential(file.why, file.remedy);
    const config = readDockerConfig(file.document);
    const { auths, credentialHelpers, credentialStore } = config;
    const helpers = [
      ...new Set([
        ...credentialHelpers.values(),
        ...(credentialStore === null ? [] : [credentialStore]),
      ]),
    ];
    const count = `${auths.size} ${auths.size === 1 ? "registry" : "registries"}`;
    const by = helpers.length === 0 ? "" : `, credential helpers ${helpers.join(", ")}`;
    return { config, check: passed(NAME, `${path}: ${count}${by}`) };
  } catch (caught) {
    if (!isSlipwayError(caught)) throw caught;
    return { config: null, check: failedBy(NAME, caught) };
  }
}

type OciImage = CatalogRecord<"image"> & Required<Pick<CatalogRecord<"image">, "docker">>;

function isOci(image: CatalogRecord<"image">): image is OciImage {
  return image.docker !== undefined;
}

/** Equal for images whose registry and record name the same credential. */
function credentialKeyOf({ docker }: OciImage): string {
  const { registry } = parseReference(docker.imageRef);
  return JSON.stringify([registry, docker.pullCredential, docker.pullCredentialSecret]);
}

/** The credential with which a launch would pull, found in the same way. */
async function credentialCheck(
  images: readonly OciImage[],
  ports: CredentialPorts,
  limit: TimeLimit,
): Promise<Check> {
  const [image] = images;
  if (image === undefined) throw new TypeError("a group of images is empty");
  const { registry } = parseReference(image.docker.imageRef);
  const subject = `${registry} (${namesOf(images)})`;
  const { result: found, failure } = await bounded(NAME, limit, (signal) =>
    imageCredential(ports, image, signal),
  );
  if (failure !== null) return { ...failure, message: `${subject}: ${failure.message}` };
  if (found === null) return passed(NAME, `${subject}: no credential is needed`);
  const message = `${subject}: pulling ${describeCredential(found.source)}`;
  return found.problem === undefined
    ? passed(NAME, message)
    : { ...failedBy(NAME, found.problem), message: withProblem(message, found) };
}

function namesOf(images: readonly OciImage[]): string {
  const names = images.map(({ name }) => name);
  const more = names.length - IMAGES_NAMED;
  const shown = names.slice(0, IMAGES_NAMED).join(", ");
  return `${names.length === 1 ? "image" : "images"} ${shown}${more > 0 ? ` and ${more} more` : ""}`;
}

interface ConfiguredHelper {
  readonly name: string;
  readonly server: string;
}

/** The configured helpers that no image's registry needs, each with one of its servers. */
function idleHelpers(
  config: DockerConfig | null,
  images: readonly CatalogRecord<"image">[],
): readonly ConfiguredHelper[] {
  if (config === null) return [];
  const { auths, credentialHelpers, credentialStore } = config;
  const needed = images
    .filter(isOci)
    .filter(
      ({ docker }) =>
        docker.pullCredential === undefined && docker.pullCredentialSecret === undefined,
    )
    .map(({ docker }) => credentialServer(parseReference(docker.imageRef).registry))
    .map((server) => credentialHelpers.get(server) ?? credentialStore);
  const used = new Set(needed);
  const [known = DEFAULT_SERVER] = auths.keys();
  const all = new Map([
    ...(credentialStore === null ? [] : [[credentialStore, known] as const]),
    ...[...credentialHelpers].map(([server, name]) => [name, server] as const),
  ]);
  return [...all]
    .filter(([name]) => name !== "" && !used.has(name))
    .map(([name, server]) => ({ name, server }));
}

const DEFAULT_SERVER = credentialServer("docker.io");

/** A broken helper that no record needs is only a warning: a removed Docker Desktop leaves one behind. */
async function helperCheck(
  { name, server }: ConfiguredHelper,
  options: DockerConfigOptions,
  limit: TimeLimit,
): Promise<Check> {
  const { failure } = await bounded(NAME, limit, async (signal) => {
    await runCredentialHelper({ name, server, signal }, options);
  });
  if (failure === null) return passed(NAME, `docker-credential-${name} answers`);
  const { code, reason, message, remedy = "" } = failure;
  return warning(NAME, {
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
    message,
    remedy,
  });
}
