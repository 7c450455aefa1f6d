import { describe, expect, it } from "vitest";
import type { Figure } from "../../../bench/figure.ts";
import { median, pair, pairedRatio, PeerMissing } from "../../../bench/figure.ts";
import { exceededBounds, quantity, table } from "../../../bench/table.ts";

const FIGURE: Figure = {
  name: "ours / theirs",
  ratio: 0.5,
  target: 1,
  medians: [5, 10],
  runs: 3,
};

const cellsOf = (figure: Figure): readonly string[] =>
  (table([{ command: "help", figure }]).split("\n")[2] ?? "")
    .split(" | ")
    .map((cell) => cell.trim());

describe("the table of figures", () => {
  it("has a row a figure, with its columns below each other", () => {
    const lines = table([
      { command: "help", figure: FIGURE },
      { command: "docker-burst", figure: { ...FIGURE, calls: [9, 1_000], unit: "calls" } },
    ]).split("\n");
    expect(lines).toHaveLength(4);
    expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
    expect(lines[3]).toMatch(
      /^\| `docker-burst` \| ours \/ theirs \| 0\.50 +\| 1 +\| 5 \/ 10 calls +\| 9 \/ 1,000 +\| 3 +\|$/u,
    );
  });

  it("says MISSED of a ratio above what it may be, and of none that only just keeps to it", () => {
    expect(cellsOf({ ...FIGURE, ratio: 1 })[3]).toBe("1");
    expect(cellsOf({ ...FIGURE, ratio: 1.001 })[3]).toBe("1, MISSED");
    expect(cellsOf({ ...FIGURE, ratio: Number.NaN })[3]).toBe("1, MISSED");
    expect(cellsOf({ ...FIGURE, ratio: 7, target: null })[3]).toBe("");
  });

  it("lists the figures that exceed their bounds, by which a run fails", () => {
    const figures = [0.5, 1, 1.001, Number.NaN, null].map((ratio) => ({ ...FIGURE, ratio }));
    const rows = figures.map((figure) => ({ command: "help", figure }));
    expect(
      exceededBounds([...rows, { command: "burst", figure: { ...FIGURE, target: null } }]),
    ).toEqual([
      "help: ours / theirs: the ratio is 1.001, and may be 1 at most",
      "help: ours / theirs: the ratio is NaN, and may be 1 at most",
    ]);
  });

  it("says what there was nothing to compare with", () => {
    const missing = {
      ratio: null,
      medians: [5, Number.NaN],
      missing: "there is no aws here",
    } as const;
    const cells = cellsOf({ ...FIGURE, ...missing });
    expect(cells.slice(1, 5)).toEqual([
      "ours / theirs; not compared: there is no aws here",
      "none",
      "1",
      "5 / ? ms",
    ]);
  });

  it("keeps a name with a bar in one column", () => {
    expect(table([{ command: "help", figure: { ...FIGURE, name: "seq | xargs" } }])).toContain(
      "seq \\| xargs",
    );
  });

  it.each([
    [2, "2"],
    [497_500, "497,500"],
    [1_234.5, "1,235"],
    [12.345, "12.3"],
    [0.1234, "0.12"],
  ])("writes %d as %s", (value, text) => {
    expect(quantity(value)).toBe(text);
  });
});

describe("a pair", () => {
  it("measures both in turns, who goes first alternating, after one round unmeasured", async () => {
    const order: string[] = [];
    const note = (side: string) => async () => order.push(side);
    const figure = await pair({
      name: "",
      target: null,
      runs: 2,
      ours: note("ours"),
      theirs: note("theirs"),
    });
    expect(order).toEqual(["ours", "theirs", "ours", "theirs", "theirs", "ours"]);
    expect(figure.medians.every((time) => time > 0)).toBe(true);
  });

  it("has so many rounds unmeasured, each cleared up after", async () => {
    const order: string[] = [];
    const note = (side: string) => async () => void order.push(side);
    const figure = await pair({
      name: "",
      target: null,
      runs: 1,
      warmUps: 2,
      ours: note("ours"),
      theirs: note("theirs"),
      afterEach: note("after"),
    });
    const round = ["ours", "theirs", "after"];
    expect(order).toEqual([...round, ...round, "ours", "after", "theirs", "after"]);
    expect(figure.ratio).toBe(figure.medians[0] / figure.medians[1]);
  });

  it("comes to the median of each pair's ratio", () => {
    expect(pairedRatio([2, 40, 3], [1, 10, 3])).toBe(2);
    expect(pairedRatio([], [])).toBeNaN();
  });

  it("measures ours alone where the peer is not installed", async () => {
    let count = 0;
    const figure = await pair({
      name: "",
      target: 1,
      runs: 2,
      ours: async () => (count += 1),
      theirs: async () => {
        throw new PeerMissing("there is no aws here");
      },
    });
    expect(count).toBe(3);
    expect(figure).toMatchObject({ ratio: null, missing: "there is no aws here" });
    expect(figure.medians[1]).toBeNaN();
  });

  it("fails with whatever else the peer fails with", async () => {
    const theirs = async (): Promise<void> => {
      throw new Error("exited with 1");
    };
    const ours = async (): Promise<void> => undefined;
    await expect(pair({ name: "", target: 1, runs: 1, ours, theirs })).rejects.toThrow("exited");
  });
});

describe("the median", () => {
  it("is the middle one, or between the two", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});
