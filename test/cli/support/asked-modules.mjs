// Run with a folder's URL and a module's in it: loads the module, and prints what it exports as `told` and what Node was
// asked to find on the way.
import { registerHooks } from "node:module";
import { resolveKnownModules } from "../../../src/cli/known-modules.ts";

const [folder, entry] = process.argv.slice(2);
const asked = [];
registerHooks({
  resolve(specifier, context, next) {
    if (context.parentURL?.startsWith(folder)) asked.push(specifier);
    return next(specifier, context);
  },
});
resolveKnownModules([new URL("own/", folder).href]);
const outcome = await import(entry).then(
  ({ told }) => ({ told }),
  ({ code }) => ({ code }),
);
process.stdout.write(JSON.stringify({ ...outcome, asked }));
