import { describe, expect, it } from "vitest";
import {
  joinParts,
  renderDetails,
  renderFields,
  renderTable,
} from "../../../../src/cli/output/table.ts";
import type { Column } from "../../../../src/cli/output/table.ts";

const columns = [
  { title: "NAME", cell: ({ name }: Row) => name },
  { title: "SIZE", cell: ({ size }: Row) => size },
  { title: "NOTE", cell: ({ note }: Row) => note },
];

interface Row {
  readonly name: string;
  readonly size: number | null;
  readonly note?: string;
}

describe("renderTable", () => {
  it("aligns the columns under their titles, without trailing spaces", () => {
    const rows = [
      { name: "a", size: 1_000_000, note: "x" },
      { name: "longer-name", size: null },
    ];
    expect(renderTable(columns, rows)).toBe(
      ["NAME         SIZE     NOTE", "a            1000000  x", "longer-name  -        -", ""].join(
        "\n",
      ),
    );
  });

  it("prints the titles of an empty list", () => {
    expect(renderTable(columns, [])).toBe("NAME  SIZE  NOTE\n");
  });

  it("escapes control characters", () => {
    expect(renderTable(columns, [{ name: "a\u001b[2J\nb", size: 0 }])).toContain("a\\x1b[2J\\nb");
  });
});

describe("renderTable in a window", () => {
  const rows = [
    { name: "a-name-that-people-copy", size: 5, note: "a long note that says a lot" },
    { name: "b", size: null },
  ];
  const lines = (width: number) => renderTable(columns, rows, false, width).split("\n");

  it("leaves a table that fits as it is", () => {
    expect(renderTable(columns, rows, false, 58)).toBe(renderTable(columns, rows));
  });

  it("cuts the widest columns, but never the first", () => {
    expect(lines(45)).toEqual([
      "NAME                     SIZE  NOTE",
      "a-name-that-people-copy  5     a long note t…",
      "b                        -     -",
      "",
    ]);
  });

  it("prints each row as a block in a narrow window, without what is absent", () => {
    expect(lines(40)).toEqual([
      "NAME  a-name-that-people-copy",
      "SIZE  5",
      "NOTE  a long note that says a lot",
      "",
      "NAME  b",
      "",
    ]);
    expect(renderTable(columns, [], false, 5)).toBe("NAME  SIZE  NOTE\n");
  });
});

describe("renderDetails", () => {
  const columns: readonly Column<readonly [string, string]>[] = [
    { title: "STATE", cell: ([state]) => state },
    { title: "MESSAGE", cell: ([, message]) => message },
  ];
  const rows = [
    ["failed", "EC2 launched none of the machines, and says why in many words"],
    ["running", "up"],
  ] as const;

  it("goes on below, in the last column, and cuts nothing", () => {
    expect(renderDetails(columns, rows, 40)).toBe(
      [
        "STATE    MESSAGE",
        "failed   EC2 launched none of the",
        "         machines, and says why in many",
        "         words",
        "running  up",
        "",
      ].join("\n"),
    );
  });

  it("stays on one line where it fits, and without a window", () => {
    const whole = renderDetails(columns, rows, null);
    expect(whole.split("\n")).toHaveLength(4);
    expect(renderDetails(columns, rows, 200)).toBe(whole);
  });

  it("becomes a block for each row if the window leaves no room for the last column", () => {
    const long = [["a state of twelve letters", "why it failed, in some words"]] as const;
    expect(renderDetails(columns, long, 40)).toBe(
      "STATE    a state of twelve letters\nMESSAGE  why it failed, in some words\n",
    );
    expect(renderDetails(columns, [["a state of twelve letters", "up"]], 40)).toContain("STATE  ");
  });

  it("wraps the values of fields alike", () => {
    const remedy = "Name subnets in more zones, or another machine type.";
    expect(renderFields([["REMEDY", remedy]], false, 40)).toBe(
      "REMEDY  Name subnets in more zones, or\n        another machine type.\n",
    );
  });
});

describe("renderFields", () => {
  it("omits absent values", () => {
    const fields = [
      ["ID", "a"],
      ["ADDRESS", null],
      ["PORT", 0],
    ] as const;
    expect(renderFields(fields)).toBe("ID    a\nPORT  0\n");
  });
});

describe("joinParts", () => {
  it("puts an empty line between parts that have content", () => {
    expect(joinParts(["a\n", "", "b\n"])).toBe("a\n\nb\n");
  });
});
