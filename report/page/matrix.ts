import { CATALOGUE, OSS_TYPES } from "../../provider/permissions/catalogue";
import type { Severity } from "../../provider/permissions/risks";
import type { Permission } from "../../provider/types";
import type { Report, ReportedToken } from "../model";
import type { Fate, PermissionLine } from "../permissions";
import { ACTION_MARKS, ACTION_WORDS, detailsOf, reasonsOf, unknownOf } from "../words";
import { escapeHtml } from "./html";

/** A permission in a cell: what it is, and what becomes of it. */
type Entry = PermissionLine & { readonly permission: Permission };

const FATES: Readonly<Record<Fate, { mark: string; css: string }>> = {
  added: { mark: "+", css: " add" },
  removed: { mark: "−", css: " gone" },
  kept: { mark: "", css: "" },
};

/** With one of these a token stands out as a whole. */
const FAR: readonly Severity[] = ["critical", "high"];

/** The matrix: a row a token, a column a resource type. Every cell holds its exact permissions, for whoever asks. */
export function renderMatrix(report: Report): string {
  const { tokens } = report;
  const rows = tokens.map((token) => ({ token, entries: token.lines.filter(isEntry) }));
  const used = new Set(
    rows.flatMap(({ entries }) => entries.map(({ permission }) => permission.resource.type)),
  );
  const types = columnsFor(used);
  const open = tokens.some((token) => unknownOf(token) !== "");
  const heads = types.map((type) => {
    return `<th scope="col" class="type" tabindex="-1"${used.has(type) ? "" : " data-unused"}><span>${escapeHtml(type)}</span></th>`;
  });
  const body = rows.map(({ token, entries }) => {
    const cells = types.map((type) => cellOf(type, entries, used));
    return `<tr ${rowAttributes(token)}>${leadingCells(token, report)}${open ? openCell(token) : ""}${cells.join("")}</tr>`;
  });
  const question = open ? `<th scope="col" class="type" tabindex="-1"><span>not known yet</span></th>` : "";
  return `<table id="matrix" role="grid" aria-label="Permissions by token and resource type" aria-rowcount="${rows.length + 1}" aria-colcount="${types.length + (open ? 4 : 3)}">
<thead><tr><th scope="col" tabindex="-1">Token</th><th scope="col" tabindex="-1">Change</th><th scope="col" tabindex="-1">Risks</th>${question}${heads.join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody></table>`;
}

/** A text of which nothing more is known, such as a newer server's type, has no column: it is listed in full below. */
function isEntry(line: PermissionLine): line is Entry {
  return line.permission !== undefined;
}

/** Every type of InfluxDB OSS, and whatever else is used. */
function columnsFor(used: ReadonlySet<string>): string[] {
  const known: string[] = CATALOGUE.map(({ type }) => type);
  const other = [...used].filter((type) => !known.includes(type)).sort();
  return [...known.filter((type) => OSS_TYPES.includes(type) || used.has(type)), ...other];
}

function rowAttributes({ action, risks }: ReportedToken): string {
  const open = risks.some(({ acknowledged }) => acknowledged === undefined);
  const far = risks.some(({ severity }) => FAR.includes(severity));
  return `class="${action}${far ? " far" : ""}" data-action="${action}"${open ? " data-risky" : ""}`;
}

function leadingCells(token: ReportedToken, { source, servers }: Report): string {
  const { name, org, owner, host, action, description } = token;
  const reasons = reasonsOf(token);
  const about = [org, owner, ...(servers.length > 1 ? [host] : [])].map(escapeHtml).join(" · ");
  const more = description === "" ? "" : ` data-p="  ${escapeHtml(description)}"`;
  const inactive = token.status === "inactive" ? " · inactive" : "";
  const why = reasons.length === 0 ? "" : `<span class="why">${escapeHtml(reasons.join(", "))}</span>`;
  const told = source === "preview" || action !== "same";
  const tag = told
    ? `<span class="tag ${action}">${ACTION_MARKS[action]} ${ACTION_WORDS[action]}</span>`
    : "";
  return (
    `<th scope="row" tabindex="-1"${more}><b>${escapeHtml(name)}</b><small>${about}${inactive}</small></th>` +
    `<td class="change" tabindex="-1">${tag}${why}</td>` +
    riskCell(token)
  );
}

function riskCell({ risks, unusedAcknowledgements }: ReportedToken): string {
  const tags = risks.map((finding) => {
    const { id, title, severity, acknowledged } = finding;
    const told = `${escapeHtml(title)} · ${severity}${escapeHtml(detailsOf(finding))}`;
    return acknowledged === undefined
      ? `<span class="tag open ${severity}" title="${id}">⚠ ${told}</span>`
      : `<span class="tag" title="${id}">✓ ${told}</span><span class="why">${escapeHtml(acknowledged)}</span>`;
  });
  const unused = unusedAcknowledgements.map(
    (id) => `<span class="why">${escapeHtml(id)} is acknowledged, but not there</span>`,
  );
  const told = risks.map(({ id, explanation }) => `  ${id}: ${explanation}`).join("\n");
  return `<td class="risks" tabindex="-1"${told === "" ? "" : ` data-p="${escapeHtml(told)}"`}>${[...tags, ...unused].join(" ")}</td>`;
}

function openCell(token: ReportedToken): string {
  const told = unknownOf(token);
  if (told === "") return `<td class="type" tabindex="-1"></td>`;
  return `<td class="type" tabindex="-1" data-p="? ${escapeHtml(told)}"><span class="mark q">?</span></td>`;
}

function cellOf(type: string, entries: readonly Entry[], used: ReadonlySet<string>): string {
  const here = entries.filter(({ permission }) => permission.resource.type === type);
  if (here.length === 0) return `<td class="type" tabindex="-1"${used.has(type) ? "" : " data-unused"}></td>`;
  const told = here.map(({ text, fate }) => `${FATES[fate].mark || " "} ${text}`).join("\n");
  return `<td class="type" tabindex="-1" data-p="${escapeHtml(told)}">${marksOf(here)}</td>`;
}

/** Reading above writing. One mark for all permissions that look the same, what stays before what comes and goes. */
function marksOf(entries: readonly Entry[]): string {
  const lines = (["read", "write"] as const).map((action) => {
    const marks = new Map<string, { text: string; count: number }>();
    for (const fate of ["kept", "added", "removed"] as const) {
      for (const { permission } of entries.filter(
        (one) => one.fate === fate && one.permission.action === action,
      )) {
        const reach = reachOf(permission);
        const css = `mark ${action.charAt(0)}${reach}${FATES[fate].css}`;
        const text = FATES[fate].mark + action.charAt(0).toUpperCase() + (reach === " server" ? "*" : "");
        marks.set(css, { text, count: (marks.get(css)?.count ?? 0) + 1 });
      }
    }
    return [...marks]
      .map(([css, { text, count }]) => `<span class="${css}">${text}${count > 1 ? count : ""}</span>`)
      .join("");
  });
  return lines.map((marks) => `<div>${marks}</div>`).join("");
}

function reachOf({ resource: { id, orgID } }: Permission): string {
  if (id !== undefined) return " one";
  return orgID === undefined ? " server" : "";
}
