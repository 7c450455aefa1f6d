/** `target.docker` of placements. */
import { isIP } from "node:net";
import { z } from "zod";
import { once } from "../../async/memoize.ts";
import { distinct, hasPrefix, text } from "./common.ts";
import { containerHostFields } from "./container-host.ts";

export const dockerTarget = once(() =>
  z.strictObject({
    host: z
      .string()
      .max(1024, "must have at most 1024 characters")
      .refine(isEngineAddress, "must be an address unix:///path, tcp://host:port or ssh://host")
      .exactOptional()
      .meta({
        description:
          "The engine's address: `unix:///path`, `tcp://host:port` or `ssh://user@host`. Without it, `DOCKER_HOST`, else the current Docker context.",
        examples: ["ssh://builder@build.example.com"],
      }),
    network: text(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, "must be the name of a network", 128)
      .exactOptional()
      .meta({
        description:
          "An existing network of the engine. Without it, the engine's own default network.",
        examples: ["agents"],
      }),
    labels: z
      .record(z.string().min(1, "must not have an empty key"), z.string())
      .refine(
        (map) => !hasPrefix(map, "dev.slipway."),
        "must not have keys that start with dev.slipway.",
      )
      .exactOptional()
      .meta({
        description:
          "Labels for every container. Keys that begin with `dev.slipway.` are reserved.",
        examples: [{ "com.example.team": "search" }],
      }),
    platforms: distinct(
      text(/^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9.]+)?$/, "must be a platform such as linux/arm64", 64),
    )
      .exactOptional()
      .meta({
        description:
          "Platforms that the engine can run in addition to its own, if Slipway cannot detect them.",
        examples: [["linux/arm64"]],
      }),
    publishAddress: z
      .string()
      .refine((address) => isIP(address) !== 0, "must be an IP address")
      .exactOptional()
      .meta({
        description:
          "The address of the engine's host at which the ports of workspaces are published.",
        default: "127.0.0.1",
        examples: ["0.0.0.0"],
      }),
    ...containerHostFields(),
  }),
);

function isEngineAddress(address: string): boolean {
  if (/[\s\p{Cc}]/u.test(address)) return false;
  if (address.startsWith("unix://")) return /^unix:\/\/\/./.test(address);
  if (!/^(?:tcp|ssh):\/\/./.test(address) || !URL.canParse(address)) return false;
  const { hostname, password, search, hash } = new URL(address);
  return hostname !== "" && password === "" && search === "" && hash === "";
}
