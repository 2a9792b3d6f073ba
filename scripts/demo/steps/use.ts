import { messageOf, type ApiRequest } from "../api";
import type { Session } from "../session";

const REFUSED = [401, 403, 404];

/** One thing to try with a token. */
interface Trial {
  readonly holder: string;
  readonly what: string;
  readonly request: ApiRequest;
  /** Statuses of which the answer has one. */
  readonly expected: readonly number[];
  /** For a list: the ids that must be in it, or none at all. */
  readonly lists?: { readonly key: "orgs" | "authorizations"; readonly ids: readonly string[] };
}

/** Step 4: what a token opens is for the server to say. */
export async function use(session: Session): Promise<void> {
  const { engine, report, checks } = session;
  const typed = "pulumi stack output tokens --show-secrets --json";
  report.command(`${typed}    (the values stay within the demo)`);
  // Not among the captured outputs: this is the one command that shows the values, because it is asked to.
  const { stdout } = await engine.run(typed.split(" ").slice(1));
  const values = JSON.parse(stdout) as Record<string, string>;
  session.secrets.add(...Object.values(values));
  checks.equal(
    "the stack's output gives the 4 values",
    values,
    Object.fromEntries(Object.entries(session.tokens).map(([name, { token }]) => [name, token])),
  );
  report.line();

  const table = [["token", "tried", "answered"]];
  const unexpected: string[][] = [];
  for (const trial of trials(session)) {
    const answer = await session.call(trial.request, values[trial.holder]);
    const list = trial.lists && idsIn(answer.body, trial.lists.key);
    const row = [trial.holder, trial.what, answerText(answer.status, messageOf(answer), list)];
    table.push(row);
    if (!trial.expected.includes(answer.status) || !isListed(trial.lists?.ids, list)) unexpected.push(row);
  }
  report.table(table);
  report.line();
  checks.equal(`all ${table.length - 1} answers are as they must be`, unexpected, []);
}

function trials({ server, tokens, before }: Session): Trial[] {
  const { raw, daily } = server.buckets;
  const write = (bucket: { id: string }): ApiRequest => ({
    method: "POST",
    path: `/api/v2/write?orgID=${server.org.id}&bucket=${bucket.id}`,
    body: "demo value=1",
  });
  const read = (bucket: { id: string }): ApiRequest => ({
    method: "GET",
    path: `/api/v2/buckets/${bucket.id}`,
  });
  const organizations: ApiRequest = { method: "GET", path: "/api/v2/orgs" };
  const authorizations: ApiRequest = {
    method: "GET",
    path: `/api/v2/authorizations?orgID=${server.org.id}`,
  };
  const all = [...before, ...Object.values(tokens).map(({ id }) => id)];
  const scoped: Omit<Trial, "holder">[] = [
    { what: "write a point to daily", request: write(daily), expected: [204] },
    { what: "write a point to raw", request: write(raw), expected: [403] },
    { what: "read about the bucket raw", request: read(raw), expected: [200] },
    { what: "read about the bucket daily", request: read(daily), expected: REFUSED },
    { what: "list organizations", request: organizations, expected: [200], lists: { key: "orgs", ids: [] } },
    {
      what: "list tokens",
      request: authorizations,
      expected: [200],
      lists: { key: "authorizations", ids: [] },
    },
    {
      what: "switch the operator token off",
      request: {
        method: "PATCH",
        path: `/api/v2/authorizations/${tokens["operator"]?.id ?? ""}`,
        body: { status: "inactive" },
      },
      expected: REFUSED,
    },
  ];
  const operator: Omit<Trial, "holder">[] = [
    { what: "write a point to daily", request: write(daily), expected: [204] },
    { what: "write a point to raw", request: write(raw), expected: [204] },
    { what: "read about the bucket raw", request: read(raw), expected: [200] },
    { what: "read about the bucket daily", request: read(daily), expected: [200] },
    {
      what: "list organizations",
      request: { method: "GET", path: `/api/v2/orgs?orgID=${server.org.id}` },
      expected: [200],
      lists: { key: "orgs", ids: [server.org.id] },
    },
    {
      what: "list tokens",
      request: authorizations,
      expected: [200],
      lists: { key: "authorizations", ids: all },
    },
  ];
  return [
    ...scoped.map((trial) => ({ ...trial, holder: "downsampler" })),
    ...operator.map((trial) => ({ ...trial, holder: "operator" })),
  ];
}

function idsIn(body: unknown, key: string): string[] {
  const list = ((body ?? {}) as Record<string, { id: string }[] | undefined>)[key] ?? [];
  return list.map(({ id }) => id).sort();
}

function isListed(wanted: readonly string[] | undefined, found: readonly string[] | undefined): boolean {
  return wanted === undefined || [...wanted].sort().join() === found?.join();
}

function answerText(status: number, message: string, list: readonly string[] | undefined): string {
  const said = list === undefined ? message : `${list.length === 0 ? "none" : list.length} shown`;
  return said === "" ? String(status) : `${status}  ${said}`;
}
