import type { CatalogRecord } from "../catalog/kinds.ts";
import type { GuestRequest, LaunchPlan } from "../plan/plan.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import type { ImageSource, ImageTarget } from "../substrate/contract.ts";

/** Name of the secret with the registry's credential; null if the image record names none. */
export function credentialSecret(image: CatalogRecord<"image">): string | null {
  return image.docker?.pullCredentialSecret ?? null;
}

/** Converts the image record's source to the adapter contract's form. */
export function imageSource(
  image: CatalogRecord<"image">,
  credential: RegistryCredential | null,
): ImageSource {
  if (image.aws !== undefined) {
    const { amiIds, provenance } = image.aws;
    return { substrate: "AWS", amiIds, baked: provenance !== undefined };
  }
  if (image.gce !== undefined) return { substrate: "GCP", selfLink: image.gce.selfLink };
  return { substrate: "DOCKER", imageRef: image.docker.imageRef, credential };
}

/** The image reference that the record has for a region; null if it has none for that region. */
export function requestedReference(
  image: CatalogRecord<"image">,
  region: string | null,
): string | null {
  if (image.aws !== undefined) {
    if (region === null || !Object.hasOwn(image.aws.amiIds, region)) return null;
    return image.aws.amiIds[region] ?? null;
  }
  return image.gce === undefined ? image.docker.imageRef : image.gce.selfLink;
}

/** The requirements of this plan on the artifact. An image whose workspace has a command needs none of its own. */
export function imageTarget(
  imageName: string,
  { architecture, guest }: Pick<LaunchPlan, "architecture" | "guest">,
): ImageTarget {
  const { entrypoint = [], command = [] }: GuestRequest = guest;
  const hasCommand = entrypoint.length > 0 || command.length > 0;
  return { imageName, architecture, ...(hasCommand ? { hasCommand } : {}) };
}

/** The plan's pinned artifact as an image source, so that it can be looked up again. */
export function pinnedSource(plan: LaunchPlan, credential: RegistryCredential | null): ImageSource {
  const { target, artifact } = plan;
  switch (target.substrate) {
    case "AWS":
      return { substrate: "AWS", amiIds: { [target.region]: artifact.id }, baked: false };
    case "GCP":
      return { substrate: "GCP", selfLink: artifact.id };
    case "DOCKER":
      return { substrate: "DOCKER", imageRef: artifact.id, credential };
  }
}
