/** Serves a small image, for amd64 and arm64, from a registry on 127.0.0.1:5000 until it is interrupted. */
import { isSlipwayError } from "../src/index.ts";
import { startRegistry, tinyMultiPlatformImage } from "../testing/index.ts";

try {
  const registry = await startRegistry({ port: 5000 });
  const { reference } = registry.add("examples/hello", "v1", tinyMultiPlatformImage());
  process.stdout.write(`serving ${reference}; end with Ctrl-C\n`);
} catch (caught) {
  // Most likely the port is in use: a stack trace would not help.
  if (!isSlipwayError(caught)) throw caught;
  process.stderr.write(`${caught.message}\n${caught.remedy ?? ""}\n`);
  process.exitCode = 1;
}
