// Makes Node take itself for another version, which stands in the variable PRETENDED_NODE.
const version = process.env["PRETENDED_NODE"];
Object.defineProperty(process, "version", { value: `v${version}` });
Object.defineProperty(process, "versions", { value: { ...process.versions, node: version } });
