/** The cells of a Markdown page's table between the comments `<!-- NAME: begin -->` and `<!-- NAME: end -->`. */
export function tableOf(page: string, name: string): { header: string[] | undefined; rows: string[][] } {
  const [, table = ""] =
    new RegExp(`<!-- ${name}: begin -->\\n([\\s\\S]*)<!-- ${name}: end -->`).exec(page) ?? [];
  const [header, , ...rows] = table
    .trim()
    .split("\n")
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return { header, rows };
}
