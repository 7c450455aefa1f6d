/** A registry on 127.0.0.1:5000 with the image of `image.yaml`, for amd64 and arm64, until it is interrupted. */
import { startRegistry, tinyMultiPlatformImage } from "../src/testing/index.ts";

const registry = await startRegistry({ port: 5000 });
const { reference } = registry.add("examples/hello", "v1", tinyMultiPlatformImage());
process.stdout.write(`serving ${reference}; end with Ctrl-C\n`);
