/** Where a path that a call changes stands among its arguments. */
const WRITES = new Map(
  Object.entries({
    appendFile: [0],
    chmod: [0],
    chown: [0],
    copyFile: [1],
    cp: [1],
    createWriteStream: [0],
    link: [1],
    mkdir: [0],
    mkdtemp: [0],
    rename: [0, 1],
    rm: [0],
    rmdir: [0],
    symlink: [1],
    truncate: [0],
    unlink: [0],
    utimes: [0],
    writeFile: [0],
  }).flatMap(([name, places]) => [
    [name, places],
    [`${name}Sync`, places],
  ]),
);
const OPENS = new Set(["open", "openSync"]);

/** Devices take what is written and keep nothing. */
const ABSOLUTE = /^\/(?!dev\/)/;

/** The text that an expression begins with, so far as it stands in the source. */
function beginningOf(node) {
  if (node?.type === "Literal") return typeof node.value === "string" ? node.value : "";
  if (node?.type === "TemplateLiteral") return node.quasis[0].value.cooked ?? "";
  if (node?.type === "BinaryExpression" && node.operator === "+") return beginningOf(node.left);
  if (node?.type === "CallExpression") {
    const name = nameOf(node.callee);
    if (name === "join" || name === "resolve") return beginningOf(node.arguments[0]);
  }
  return "";
}

function nameOf(callee) {
  if (callee.type === "Identifier") return callee.name;
  return callee.type === "MemberExpression" && callee.property.type === "Identifier"
    ? callee.property.name
    : "";
}

function writtenPaths({ callee, arguments: given }) {
  const name = nameOf(callee);
  if (OPENS.has(name)) {
    const flags = given[1]?.type === "Literal" ? given[1].value : "r";
    return /^r[s]?$/.test(String(flags)) ? [] : given.slice(0, 1);
  }
  return (WRITES.get(name) ?? []).map((place) => given[place]);
}

/** What a debugging session writes to a folder of one machine makes the code fail on every other. */
const noAbsoluteWrites = {
  meta: { messages: { absolute: "Writes to {{path}}: use a folder of the caller's own instead." } },
  create(context) {
    return {
      CallExpression(node) {
        for (const path of writtenPaths(node)) {
          const beginning = beginningOf(path);
          if (!ABSOLUTE.test(beginning)) continue;
          context.report({ node: path, messageId: "absolute", data: { path: beginning } });
        }
      },
    };
  },
};

export default {
  meta: { name: "slipway" },
  rules: { "no-absolute-writes": noAbsoluteWrites },
};
