import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSlipwayError } from "../../../../src/errors.ts";
import { readImageConfig } from "../../../../src/oci/image/engine-config.ts";
import { parseImageConfig } from "../../../../src/oci/image/image-config.ts";
import { COMPLETE, MINIMAL } from "../support/image-config.ts";

const BOTH = ["docker-graph-driver", "docker-containerd"];
const ALL = [...BOTH, "podman"];
const GRAPH_AND_PODMAN = ["docker-graph-driver", "podman"];
const STORE_AND_PODMAN = ["docker-containerd", "podman"];
const COMMAND = { Entrypoint: ["/machine"] };

/** Reads a good document with other top-level members. */
function top(members: object) {
  return readImageConfig(JSON.stringify({ ...MINIMAL, config: COMMAND, ...members }));
}

/** Reads a good document with other members in `config`. */
function execution(members: object) {
  return top({ config: { ...COMMAND, ...members } });
}

function messages({ findings }: ReturnType<typeof readImageConfig>): readonly string[] {
  return findings.map(({ message }) => message.replace("image configuration: ", ""));
}

describe("readImageConfig", () => {
  it("reads a good configuration without a finding, as the strict judge does", () => {
    for (const document of [COMPLETE, { ...MINIMAL, config: COMMAND }]) {
      const text = JSON.stringify(document);
      const { config, findings } = readImageConfig(text);
      expect(config).toStrictEqual(parseImageConfig(text));
      expect(findings).toEqual([]);
    }
  });

  // Each was pulled, created and started by Docker 20.10; see test/integration/foreign-documents.test.ts.
  it.each<[string, () => ReturnType<typeof readImageConfig>, string]>([
    ["a port range", () => execution({ ExposedPorts: { "33060-33061/tcp": {} } }), "33060-33061"],
    ["a variable without a value", () => execution({ Env: ["FOO"] }), "config.Env[0]"],
    ["negative memory", () => execution({ Memory: -1 }), "config.Memory"],
    ["memory with a unit", () => execution({ Memory: "512m" }), "config.Memory: not an integer"],
    ["a fraction of memory", () => execution({ Memory: 1.5 }), "config.Memory: not an integer"],
    ["negative shares", () => execution({ CpuShares: -1 }), "config.CpuShares"],
    [
      "negative retries",
      () => execution({ Healthcheck: { Test: ["CMD", "x"], Retries: -1 } }),
      "config.Healthcheck.Retries",
    ],
    [
      "a rootfs of another type",
      () => top({ rootfs: { type: "tree", diff_ids: [] } }),
      "rootfs.type",
    ],
    ["a rootfs without a type", () => top({ rootfs: { diff_ids: [] } }), "rootfs.type"],
    ["names in lower case", () => top({ config: { cmd: ["/machine"] } }), 'is spelled "cmd"'],
  ])("accepts %s, which every engine runs", (_what, read, where) => {
    const found = read();
    expect(messages(found)).toEqual([expect.stringContaining(where)]);
    expect(found.findings[0]).toMatchObject({ refusedBy: [], obstacle: null });
  });

  it.each<[string, () => ReturnType<typeof readImageConfig>, string, readonly string[]]>([
    ["an empty date", () => top({ created: "" }), "created", ALL],
    ["a date of another form", () => top({ created: "20180804" }), "created", ALL],
    ["a date that is a number", () => top({ created: 5 }), "created", ALL],
    ["an author that is not text", () => top({ author: 5 }), "author", ALL],
    ["features that are text", () => top({ "os.features": "x" }), '["os.features"]', ALL],
    ["a history that is text", () => top({ history: "x" }), "history", ALL],
    [
      "a step's date of another form",
      () => top({ history: [{ created: "x", empty_layer: true }] }),
      "history[0].created",
      ALL,
    ],
    [
      "a step's flag that is text",
      () => top({ history: [{ empty_layer: "true" }] }),
      "history[0].empty_layer",
      ALL,
    ],
    [
      "an empty port",
      () => execution({ ExposedPorts: { "": {} } }),
      "config.ExposedPorts",
      ["podman"],
    ],
    [
      "a port that is a word",
      () => execution({ ExposedPorts: { "http/tcp": {} } }),
      "config.ExposedPorts",
      ["podman"],
    ],
    [
      "a port above the range",
      () => execution({ ExposedPorts: { "70000": {} } }),
      "config.ExposedPorts",
      ["podman"],
    ],
    [
      "a port of another protocol",
      () => execution({ ExposedPorts: { "80/icmp": {} } }),
      "config.ExposedPorts",
      ["podman"],
    ],
    ["an empty variable", () => execution({ Env: [""] }), "config.Env[0]", ["podman"]],
    ["a user of three parts", () => execution({ User: "1:2:3" }), "config.User", ["podman"]],
    ["a volume without a path", () => execution({ Volumes: { "": {} } }), "config.Volumes", BOTH],
    ["more steps than layers", () => top({ history: [{}] }), "history", ["docker-graph-driver"]],
    ["a trigger that is text", () => execution({ OnBuild: "RUN x" }), "config.OnBuild", ALL],
    [
      "escaped arguments that are text",
      () => execution({ ArgsEscaped: "yes" }),
      "config.ArgsEscaped",
      ALL,
    ],
    ["a terminal that is text", () => execution({ Tty: "true" }), "config.Tty", GRAPH_AND_PODMAN],
    [
      "a builder that is a number",
      () => top({ docker_version: 5 }),
      "docker_version",
      GRAPH_AND_PODMAN,
    ],
    ["a command that is text", () => execution({ Cmd: "/x" }), "config.Cmd", STORE_AND_PODMAN],
    [
      "an entrypoint that is text",
      () => execution({ Entrypoint: "/machine" }),
      "config.Entrypoint",
      STORE_AND_PODMAN,
    ],
  ])("accepts %s, and names the engines that refuse it", (_what, read, where, refusedBy) => {
    const found = read();
    expect(messages(found)).toEqual([expect.stringContaining(where)]);
    expect(found.findings[0]).toMatchObject({ refusedBy, obstacle: null });
  });

  it.each(["8000-8010/tcp", "80/TCP"])("knows that every engine takes the port %s", (port) => {
    const [finding] = execution({ ExposedPorts: { [port]: {} } }).findings;
    expect(finding).toMatchObject({ refusedBy: [] });
  });

  it("takes the specification's own spelling of user for no departure", () => {
    const document = { ...MINIMAL, config: { ...COMMAND, user: "alice" } };
    const { config, findings } = readImageConfig(JSON.stringify(document));
    expect(config).toStrictEqual(parseImageConfig(JSON.stringify(document)));
    expect(findings).toEqual([]);
  });

  it("replaces bytes that are not UTF-8, as Go does", () => {
    const text = JSON.stringify({ ...MINIMAL, config: { ...COMMAND, Labels: { by: "?" } } });
    const bytes = Buffer.from(text, "latin1");
    bytes[text.indexOf("?")] = 0xe9;
    const found = readImageConfig(bytes);
    expect(found.config.config).toMatchObject({ Labels: { by: "\uFFFD" } });
    expect(messages(found)).toEqual([expect.stringContaining("is not UTF-8")]);
    expect(() => parseImageConfig(bytes)).toThrow("it is not UTF-8");
  });

  it("drops what does not fit, and keeps the rest", () => {
    const members = { created: "", author: 5, history: [{ created: "x" }], comment: 1 };
    const { config } = top({ ...members, config: { ...COMMAND, Memory: -1, CpuShares: 8 } });
    expect(config).toEqual({ ...MINIMAL, config: { ...COMMAND, CpuShares: 8 } });
  });

  it("reads a command that is text as a list of one, as Docker does", () => {
    expect(execution({ Entrypoint: "/machine", Cmd: "serve" }).config.config).toEqual({
      Entrypoint: ["/machine"],
      Cmd: ["serve"],
    });
  });

  it("accepts fewer steps than layers from every engine", () => {
    const layers = { type: "layers", diff_ids: COMPLETE.rootfs.diff_ids };
    expect(top({ rootfs: layers, history: [{}] }).findings).toEqual([
      expect.objectContaining({ refusedBy: [], obstacle: null }),
    ]);
  });

  it.each([
    ["null", null],
    ["an empty string", ""],
    ["nothing", undefined],
  ])("takes %s for an absent platform, and says so", (_what, value) => {
    const found = top({ architecture: value, os: value, variant: null, "os.version": null });
    expect(found.statesPlatform).toBe(false);
    expect(messages(found)).toEqual(["architecture: is missing", "os: is missing"]);
    expect(found.config).toMatchObject({ architecture: "", os: "" });
  });

  it.each<[string, object]>([
    ["optional members", { User: null, WorkingDir: null, StopSignal: null, Memory: null }],
    ["lists and maps", { Env: null, Cmd: null, Volumes: null, Labels: null, ExposedPorts: null }],
    ["a health check and its members", { Healthcheck: { Test: null, Interval: null } }],
    ["values of sets", { ExposedPorts: { "80/tcp": null }, Volumes: { "/data": null } }],
    ["values of labels", { Labels: { a: null } }],
  ])("takes null for %s without a finding", (_what, members) => {
    expect(execution(members).findings).toEqual([]);
  });

  it.each<[string, () => ReturnType<typeof readImageConfig>, string, string]>([
    ["no command", () => top({ config: null }), "NO_COMMAND", "neither Entrypoint nor Cmd"],
    ["no configuration", () => top({ config: undefined }), "NO_COMMAND", "neither"],
    ["empty lists", () => top({ config: { Cmd: [], Entrypoint: [] } }), "NO_COMMAND", "neither"],
    [
      "an entrypoint of one empty string",
      () => execution({ Entrypoint: [""] }),
      "NO_COMMAND",
      "neither",
    ],
    ["an empty command", () => top({ config: { Cmd: [""] } }), "NO_COMMAND", "an empty string"],
    ["a relative directory", () => execution({ WorkingDir: "app" }), "IMAGE_CONFIG_INVALID", "app"],
    [
      "a directory of Windows",
      () => execution({ WorkingDir: "C:\\app" }),
      "IMAGE_CONFIG_INVALID",
      "C:",
    ],
    [
      "a variable without a name",
      () => execution({ Env: ["=x"] }),
      "IMAGE_CONFIG_INVALID",
      "no name",
    ],
    ["a variable with a NUL", () => execution({ Env: ["A=\0"] }), "IMAGE_CONFIG_INVALID", "NUL"],
    [
      "a volume over everything",
      () => execution({ Volumes: { "/": {} } }),
      "IMAGE_CONFIG_INVALID",
      "Volumes",
    ],
  ])("says that no engine starts an image with %s", (_what, read, reason, why) => {
    expect(read().findings).toEqual([
      expect.objectContaining({
        message: expect.stringContaining(why),
        obstacle: expect.objectContaining({ reason }),
      }),
    ]);
  });

  it("lets a command stand behind an entrypoint of one empty string", () => {
    expect(execution({ Entrypoint: [""], Cmd: ["/machine"] }).findings).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ["an array", [], "not an object"],
    ["null", null, "rootfs: is missing"],
    ["no rootfs", { ...MINIMAL, rootfs: undefined }, "rootfs: is missing"],
    [
      "a DiffID that is not a digest",
      { ...MINIMAL, rootfs: { diff_ids: ["x"] } },
      "rootfs.diff_ids[0]",
    ],
    ["an architecture that is a number", { ...MINIMAL, architecture: 5 }, "architecture"],
    ["a config that is an array", { ...MINIMAL, config: [] }, "config: not an object"],
    ["variables in a map", { ...MINIMAL, config: { Env: { A: "b" } } }, "config.Env"],
    ["a number among the variables", { ...MINIMAL, config: { Env: [1] } }, "config.Env[0]"],
    ["a number in the command", { ...MINIMAL, config: { Cmd: [5] } }, "config.Cmd[0]"],
    ["a user that is a number", { ...MINIMAL, config: { User: 1000 } }, "config.User"],
    [
      "ports in a list",
      { ...MINIMAL, config: { ExposedPorts: ["80/tcp"] } },
      "config.ExposedPorts",
    ],
    ["labels in a list", { ...MINIMAL, config: { Labels: ["a=b"] } }, "config.Labels"],
    ["a label that is a number", { ...MINIMAL, config: { Labels: { a: 1 } } }, "config.Labels.a"],
    ["a signal that is a number", { ...MINIMAL, config: { StopSignal: 15 } }, "config.StopSignal"],
    [
      "an interval with a unit",
      { ...MINIMAL, config: { Healthcheck: { Interval: "30s" } } },
      "Interval",
    ],
  ])("rejects %s, which no engine decodes", (_what, document, where) => {
    expect(() => readImageConfig(JSON.stringify(document))).toThrow(
      expect.objectContaining({
        reason: "IMAGE_CONFIG_INVALID",
        message: expect.stringContaining(where),
      }),
    );
  });

  it.each(["\uFEFF{}", "{}x", "", "{"])("rejects %j, which is not JSON", (text) => {
    expect(() => readImageConfig(text)).toThrow("it is not JSON");
  });

  it("reports at most twenty findings, those that stop a launch first", () => {
    const ports = Array.from({ length: 50 }, (_, index) => [`p${index}`, {}]);
    const { findings } = execution({ ExposedPorts: Object.fromEntries(ports), WorkingDir: "app" });
    expect(findings).toHaveLength(21);
    expect(findings[0]?.obstacle).not.toBeNull();
    expect(findings.at(-1)?.message).toBe("31 more findings");
  });

  it("keeps the label __proto__, as the strict judge does", () => {
    const text = `{"config": {"Labels": {"__proto__": "a"}, "Cmd": ["b"]}, "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}`;
    for (const { config } of [readImageConfig(text).config, parseImageConfig(text)])
      expect(Object.entries(config?.Labels ?? {})).toEqual([["__proto__", "a"]]);
  });

  it("reads what the strict judge accepts to the same result, without a departure", () => {
    fc.assert(
      fc.property(strictDocument(), (document) => {
        const text = JSON.stringify(document);
        const { config, findings } = readImageConfig(text);
        expect(config).toStrictEqual(parseImageConfig(text));
        expect(findings.filter(({ obstacle }) => obstacle === null)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("throws nothing but a SlipwayError for any document", () => {
    const member = fc.constantFrom(
      "config",
      "Env",
      "rootfs",
      "diff_ids",
      "history",
      "os",
      "created",
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, fc.jsonValue(), fc.dictionary(member, tie("value"))),
    }));
    fc.assert(
      fc.property(value, (document) => {
        const caught = refusal(JSON.stringify(document) ?? "null");
        expect(caught === null || isSlipwayError(caught)).toBe(true);
      }),
    );
  });
});

function refusal(text: string): unknown {
  try {
    readImageConfig(text);
    return null;
  } catch (caught) {
    return caught;
  }
}

/** Configurations by the specification, written as Go and its programs write them. */
function strictDocument() {
  const text = fc.string({ unit: "grapheme" });
  const texts = fc.option(fc.array(text, { maxLength: 3 }));
  const date = fc
    .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
    .map((value) => value.toISOString().replace(/^\+\d\d/, ""));
  const name = fc.stringMatching(/^[A-Za-z_]\w{0,8}$/);
  const port = fc
    .tuple(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom("", "/tcp", "/udp", "/sctp"))
    .map(([number, protocol]) => `${number}${protocol}`);
  const marker = fc.constantFrom({}, null);
  const count = fc.nat();
  const execution = optional({
    User: fc.constantFrom("", "alice", "1000", "1000:1000", "app:app"),
    Memory: count,
    MemorySwap: fc.integer({ min: -1 }),
    CpuShares: count,
    ExposedPorts: fc.option(fc.dictionary(port, marker, { maxKeys: 3 })),
    Env: fc.option(
      fc.array(
        fc.tuple(name, text).map(([key, value]) => `${key}=${value.replaceAll("\0", "")}`),
        { maxLength: 3 },
      ),
    ),
    Entrypoint: texts,
    Cmd: texts,
    Volumes: fc.option(
      fc.dictionary(
        name.map((path) => `/${path}`),
        marker,
        { maxKeys: 3 },
      ),
    ),
    WorkingDir: fc.constantFrom("", "/", "/srv/app"),
    Labels: fc.option(fc.dictionary(text, text, { maxKeys: 3 })),
    StopSignal: text,
    Healthcheck: fc.option(
      optional({
        Test: texts,
        Interval: count,
        Timeout: count,
        StartPeriod: count,
        Retries: count,
      }),
    ),
    Shell: texts,
  });
  const diffIds = fc.array(
    fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`),
    { maxLength: 3 },
  );
  return fc
    .tuple(
      diffIds,
      optional({
        created: date,
        author: text,
        variant: text,
        "os.version": text,
        "os.features": texts,
        config: fc.option(execution),
        docker_version: text,
        unknown: fc.jsonValue(),
      }),
      fc.constantFrom("amd64", "arm64", "riscv64"),
      fc.array(optional({ created: date, author: text, created_by: text, comment: text }), {
        maxLength: 2,
      }),
      fc.boolean(),
    )
    .map(([layers, rest, architecture, empty, hasHistory]) => ({
      ...rest,
      architecture,
      os: "linux",
      rootfs: { type: "layers", diff_ids: layers },
      history: hasHistory
        ? [
            ...layers.map(() => ({ created_by: "x" })),
            ...empty.map((step) => ({ ...step, empty_layer: true })),
          ]
        : null,
    }));
}

/** Members that a document may omit. */
function optional<Model>(model: { [Name in keyof Model]: fc.Arbitrary<Model[Name]> }) {
  return fc.record(model, { requiredKeys: [] });
}
