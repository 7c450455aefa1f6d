/** Small valid fields of each kind. */
import type {
  EnvironmentFields,
  ImageFields,
  MachineTypeFields,
  PlacementFields,
  WorkspaceFields,
} from "../../../src/catalog/kinds.ts";

export function dockerImage(name: string, imageRef = "ghcr.io/acme/agent:1"): ImageFields {
  return { name, architecture: "ARCHITECTURE_AMD64", docker: { imageRef } };
}

export function bakedImage(name: string, imageHash = "0".repeat(64)): ImageFields {
  return {
    name,
    architecture: "ARCHITECTURE_ARM64",
    gce: {
      selfLink: `projects/acme/global/images/${name}`,
      provenance: { recipeRef: "go-python", imageHash },
    },
  };
}

export function dockerPlacement(name: string): PlacementFields {
  return { name, substrate: "DOCKER", target: { docker: {} } };
}

export function dockerMachineType(name: string): MachineTypeFields {
  return {
    name,
    vcpus: 2,
    memoryGb: 4,
    architecture: "ARCHITECTURE_AMD64",
    spec: { docker: {} },
  };
}

export function environment(name: string, machineTypeRef: string): EnvironmentFields {
  return { name, substrate: "DOCKER", machineTypeRef };
}

export function workspace(name: string, imageRef: string, placement: string): WorkspaceFields {
  return { name, imageRef, placement };
}
