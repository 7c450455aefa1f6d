// Preloaded with `--import`: names every module that is loaded, Node's own included, on file descriptor 2 at the end.
import { registerHooks } from "node:module";
import { writeSync } from "node:fs";

const builtinsBefore = new Set(process.moduleLoadList);
const loaded = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
process.on("exit", () => {
  const builtins = process.moduleLoadList.filter((name) => !builtinsBefore.has(name));
  writeSync(2, JSON.stringify([...loaded, ...builtins]));
});
