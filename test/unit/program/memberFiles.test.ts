import { readMemberList } from "../../../program/memberList";
import { readMemberTable } from "../../../program/memberTable";

type Read = typeof readMemberList;

const problems = (read: Read, text: string): string[] =>
  read(text).problems.map(({ line = "file", text: what }) => `${line}: ${what}`);

/** Each member with its line and its inputs. */
function members(read: Read, text: string): unknown[] {
  expect(problems(read, text)).toEqual([]);
  return read(text).members.map(({ name, line, inputs }) =>
    Object.keys(inputs).length === 0 ? [line, name] : [line, name, inputs],
  );
}

const table = (text: string): unknown[] => members(readMemberTable, text);
const wrong = (text: string): string[] => problems(readMemberTable, text);

describe("a text of members", () => {
  it("has a name each line, without the blanks around it, comments and empty lines", () => {
    expect(
      members(readMemberList, "# of the hall\ndevice-1\n\n  device 2 \t\n   # more\n\tdevice-3"),
    ).toEqual([
      [2, "device-1"],
      [4, "device 2"],
      [6, "device-3"],
    ]);
  });

  it.each(["\n", "\r\n", "\r"])("counts lines that end in %j, after a byte order mark as well", (end) => {
    expect(members(readMemberList, `\uFEFFa${end}${end}b${end}`)).toEqual([
      [1, "a"],
      [3, "b"],
    ]);
  });

  it("takes no comment for a part of a name, and no CSV for names", () => {
    expect(problems(readMemberList, "a\ndevice-1 # hall\nb#2\n")).toEqual([
      "2: device-1 # hall: a comment (#) needs a line of its own",
    ]);
    expect(problems(readMemberList, "\nmember,status\na,active\n")).toEqual([
      "2: it looks like CSV: let the file's name end in .csv",
    ]);
  });
});

describe("CSV of members", () => {
  it("gives inputs of every kind by their columns, and leaves out those of empty cells", () => {
    const text = [
      "status,member,description,rotateAfter,keepers.batch,keepers.a.b,readBucket,readTasks,acknowledge.all-access,extraPermissions.telegrafs/0000000000000001",
      'inactive,device-1,"hall, ""left""",90d,2026,x,metrics; 0a1b2c3d4e5f6071,true,why,read',
      ",device-2,,,,,,,,",
      ",device-3,,,,x,metrics,FALSE,,",
    ].join("\n");
    expect(table(text)).toEqual([
      [
        2,
        "device-1",
        {
          status: "inactive",
          description: 'hall, "left"',
          rotateAfter: "90d",
          keepers: { batch: "2026", "a.b": "x" },
          readBucket: ["metrics", "0a1b2c3d4e5f6071"],
          readTasks: true,
          acknowledge: { "all-access": "why" },
          extraPermissions: { "telegrafs/0000000000000001": "read" },
        },
      ],
      [3, "device-2"],
      [4, "device-3", { keepers: { "a.b": "x" }, readBucket: ["metrics"], readTasks: false }],
    ]);
  });

  it.each(["\n", "\r\n", "\r"])("tells each member's line where lines end in %j", (end) => {
    const lines = [
      "\uFEFFname , description",
      "",
      "# hall",
      " a , x ",
      '"b","two',
      'lines"',
      ",",
      '"#c",',
      "d , #1",
      "",
    ];
    expect(table(lines.join(end))).toEqual([
      [4, "a", { description: "x" }],
      [5, "b", { description: "two\nlines" }],
      [8, "#c"],
      [9, "d", { description: "#1" }],
    ]);
  });

  it("may quote its first line as well, after a byte order mark", () => {
    expect(table('\uFEFF"member","status"\n"a","inactive"\n')).toEqual([[2, "a", { status: "inactive" }]]);
  });

  it("takes names as they are written, also those of JavaScript's own", () => {
    const text = "member,keepers.__proto__\n007,\n1e3,\nconstructor,x\n";
    const [, , last] = readMemberTable(text).members;
    expect(table(text)).toHaveLength(3);
    expect(Object.entries(last?.inputs["keepers"] ?? {})).toEqual([["__proto__", "x"]]);
  });

  it.each([
    [
      "no header",
      "device-1,active\n",
      "1: no column is named member or name: the first line names the columns",
    ],
    [
      "another separator",
      "member;status\na;active\n",
      "1: cells are divided by commas, and the first line has none",
    ],
    [
      "an unknown column",
      "member,reedBucket\na,b\n",
      '1: column 2, "reedBucket": reedBucket is not an input of InfluxToken: did you mean readBucket?',
    ],
    [
      "a column that is given twice",
      "member,status,status\na,,\n",
      '1: column 3, "status", is the same as column 2',
    ],
    ["two columns of names", "member,name\na,b\n", '1: column 2, "name", is the same as column 1'],
    ["a column without a name", "member,,status\na,,\n", "1: column 2 has no name"],
    [
      "what is the fleet's",
      "member,org\na,acme\n",
      '1: column 2, "org": org cannot be a member\'s own: give it in each',
    ],
    [
      "a secret",
      "member,adoptToken\na,s3cret\n",
      '1: column 2, "adoptToken": adoptToken cannot be given: a fleet makes its tokens itself',
    ],
    [
      "the connection",
      "member,connection.token\na,s3cret\n",
      '1: column 2, "connection.token": connection cannot be given: give it beside each',
    ],
    [
      "a keeper without a name",
      "member,keepers\na,x\n",
      '1: column 2, "keepers": it needs a key: write keepers.KEY',
    ],
    ["a key of what has none", "member,status.a\na,x\n", '1: column 2, "status.a": status.a is not an input'],
    [
      "an input that only looks like JavaScript's",
      "member,constructor\na,x\n",
      '1: column 2, "constructor": constructor is not an input',
    ],
    [
      "too few cells",
      "member,status,description\n\na,active\n",
      "3: the line has 2 cells, and the first line names 3 columns",
    ],
    [
      "too many cells",
      "member,description\na,one, two\n",
      "2: the line has 3 cells, and the first line names 2 columns",
    ],
    ["no name", "member,status\n,active\n", "2: the column member is empty"],
    ["a blank for a name", 'member,status\n" ",active\n', "2: the column member is empty"],
    [
      "another word for true",
      "member,readTasks\na,true\nb,yes\n",
      '3: b.readTasks must be true or false, not "yes"',
    ],
    [
      "a word of JavaScript's for true",
      "member,readTasks\na,constructor\n",
      '2: a.readTasks must be true or false, not "constructor"',
    ],
    [
      "an open quote",
      'member,description\na,x\n\nb,"s3cret\nc,y\n',
      '3: a quote (") from here on is not closed',
    ],
    ["a quote within a cell", 'member,description\na,x\nb,s3"cret\n', '3: a quote (") stands within a cell'],
    ["text after a quote", 'member,description\na,x\nb,"s3"cret\n', '3: a quote (") stands within a cell'],
  ])("is refused with line and column: %s", (_, text, expected) => {
    const found = wrong(text);
    expect(found).toEqual([expect.stringContaining(expected)]);
    expect(found.join()).not.toContain("s3");
    expect(found[0]?.indexOf(expected)).toBe(0);
  });

  it("names every line that is wrong", () => {
    const text = `member,readTasks\n${Array.from({ length: 10_000 }, (_, n) => `d${n},maybe\n`).join("")}`;
    expect(wrong(text)).toHaveLength(10_000);
    expect(wrong(text).at(-1)).toMatch(/^10001: d9999\.readTasks must be/);
  });
});
