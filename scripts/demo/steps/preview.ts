import { previewedPermissions } from "../engineOutput";
import { shortened } from "../report";
import type { Session } from "../session";
import { countOf, declaredTable, mapValues } from "../tokens";

/** The presets' sizes on InfluxDB OSS 2.4 and later: counted there, not computed here. */
const COUNTS = { dashboards: 3, downsampler: 2, everything: 43, operator: 44 };

/** Step 2: what a reviewer sees, also where the server is out of reach. */
export async function preview(session: Session): Promise<void> {
  const { server, engine, report, checks, declared } = session;
  session.before = (await server.authorizations()).map(({ id }) => id);

  const run = await session.pulumi("pulumi preview --diff", () => engine.preview(["--diff"]));
  const previewed = previewedPermissions(run.stdout);
  for (const [name, permissions] of [...previewed].sort()) {
    const lines = Object.entries(permissions).map(([reach, actions]) => `${reach}: ${actions}`);
    report.quote([`+ InfluxToken ${name}`, ...shortened(lines).map((text) => `    ${text}`)]);
  }
  report.note(`(orgs/${server.org.name}/…: within the organization; /…: on the whole server; me: the owner)`);
  report.line();

  session.previewed = Object.fromEntries(previewed);
  checks.equal(
    "the permissions shown are those that the inputs stand for",
    session.previewed,
    mapValues(declared, (token) => declaredTable(token, server)),
  );
  checks.equal(
    "their numbers: operator 44, everything (all-access) 43, dashboards 3, downsampler 2",
    mapValues(session.previewed, countOf),
    COUNTS,
  );
  checks.equal("4 tokens and the stack itself are to be created", run.resources, { "to create": 5 });
  session.checkRequests("requests that the server got", run, {});
}
