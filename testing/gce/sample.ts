import type { Sample, SampleResource } from "../server/sample.ts";
import { builtInImages } from "./built-in-images.ts";
import { PLACES } from "./places.ts";

const NAME = "fake-gce";
const DESCRIPTION = "From slipway fake gce --apply";
/** Every project exists in the fake. */
const PROJECT = "slipway-fake";
const IMAGES = `projects/${PROJECT}/global/images`;
const ZONES = ["us-central1-a", "us-central1-b"];

/** How to use a new fake of Compute Engine. */
export function gceSample(): Sample {
  const named = { name: NAME, description: DESCRIPTION };
  const images = builtInImages(PROJECT);
  const active = images.filter(({ deprecation }) => deprecation === null);
  return {
    name: NAME,
    resources: [
      ...images.map(({ name, architecture, deprecation }) =>
        everywhere(
          `image (${deprecation === null ? architecture : deprecation.state})`,
          `${IMAGES}/${name}`,
        ),
      ),
      ...active.map(({ family, architecture }) =>
        everywhere(`family (${architecture})`, `${IMAGES}/family/${family}`),
      ),
      everywhere("network", "default"),
      ...PLACES.flatMap(({ region, zones }): SampleResource[] => [
        { region, zone: null, resource: "subnet", id: "default" },
        ...zones.map((zone) => ({ region, zone, resource: "zone", id: zone })),
      ]),
    ],
    documents: [
      {
        kind: "image",
        ...named,
        architecture: "ARCHITECTURE_AMD64",
        gce: { self_link: `${IMAGES}/family/debian-12` },
      },
      {
        kind: "machine-type",
        ...named,
        vcpus: 2,
        memory_gb: 2,
        architecture: "ARCHITECTURE_AMD64",
        spec: { gce: { machine_type: "e2-small" } },
      },
      {
        kind: "environment",
        ...named,
        substrate: "GCP",
        machine_type_ref: NAME,
        disk_type_ref: "slipway-pd-balanced",
        disk_size_gb: 20,
      },
      {
        kind: "placement",
        ...named,
        substrate: "GCP",
        target: {
          gcp: { project: PROJECT, zones: [...ZONES], subnet: "default", assign_public_ip: true },
        },
      },
      {
        kind: "workspace",
        ...named,
        image_ref: NAME,
        placement: NAME,
        environment_ref: NAME,
      },
    ],
    variables: (url) => ({
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${url}/compute/v1/`,
      CLOUDSDK_AUTH_ACCESS_TOKEN: "anything",
    }),
  };
}

function everywhere(resource: string, id: string): SampleResource {
  return { region: "global", zone: null, resource, id };
}
