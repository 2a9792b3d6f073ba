import { CATALOGUE, OSS_TYPES } from "../../provider/permissions/catalogue";
import type { Severity } from "../../provider/permissions/risks";
import type { Permission } from "../../provider/types";
import type { Report, ReportedToken } from "../model";
import type { DiffKind, PermissionLine } from "../permissionDiff";
import {
  ACTION_MARKS,
  ACTION_LABELS,
  changedMembers,
  detailsOf,
  MAX_MEMBERS,
  reasonsOf,
  riskReach,
  titleOf,
  unknownOf,
} from "../summary";

/** A permission in a cell. */
type Entry = PermissionLine & { readonly permission: Permission };

const DIFF_MARKS: Readonly<Record<DiffKind, { mark: string; css: string }>> = {
  added: { mark: "+", css: " add" },
  removed: { mark: "−", css: " gone" },
  kept: { mark: "", css: "" },
};

/** The row of a token with such a risk is marked as a whole. */
const FAR_REACHING: readonly Severity[] = ["critical", "high"];

/** The matrix: a row for each token, a column for each resource type. Every cell holds its exact permissions. */
export function renderMatrix(report: Report): string {
  const { tokens } = report;
  const rows = tokens.map((token) => ({ token, entries: token.lines.filter(isEntry) }));
  const used = new Set(
    rows.flatMap(({ entries }) => entries.map(({ permission }) => permission.resource.type)),
  );
  const types = columnsFor(used);
  const hasUnknown = tokens.some((token) => unknownOf(token) !== "");
  const heads = types.map((type) => {
    return `<th scope="col" class="type" tabindex="-1"${used.has(type) ? "" : " data-unused"}><span>${escapeHtml(type)}</span></th>`;
  });
  const body = rows.map(({ token, entries }) => {
    const cells = types.map((type) => cellOf(type, entries, used));
    return `<tr ${rowAttributes(token)}>${leadingCells(token, report)}${hasUnknown ? unknownCell(token) : ""}${cells.join("")}</tr>`;
  });
  const unknown = hasUnknown
    ? `<th scope="col" class="type" tabindex="-1"><span>not known yet</span></th>`
    : "";
  return `<table id="matrix" role="grid" aria-label="Permissions by token and resource type" aria-rowcount="${rows.length + 1}" aria-colcount="${types.length + (hasUnknown ? 4 : 3)}">
<thead><tr><th scope="col" tabindex="-1">Token</th><th scope="col" tabindex="-1">Change</th><th scope="col" tabindex="-1">Risks</th>${unknown}${heads.join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody></table>`;
}

/** A permission that is known as a text only, such as a newer server's, has no column: it is listed in full below. */
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
  const far = risks.some(({ severity }) => FAR_REACHING.includes(severity));
  return `class="${action}${far ? " far" : ""}" data-action="${action}"${open ? " data-risky" : ""}`;
}

function leadingCells(token: ReportedToken, { source, servers }: Report): string {
  const { org, owner, host, action, description } = token;
  const reasons = reasonsOf(token);
  const about = [org, owner, ...(servers.length > 1 ? [host] : [])].map(escapeHtml).join(" · ");
  const more = description === "" ? "" : ` data-p="  ${escapeHtml(description)}"`;
  const inactive = token.status === "inactive" ? " · inactive" : "";
  const why = reasons.length === 0 ? "" : `<span class="why">${escapeHtml(reasons.join(", "))}</span>`;
  const members = changedMembers(token, MAX_MEMBERS).join("\n");
  const tag =
    source === "preview" || action !== "same"
      ? `<span class="tag ${action}">${ACTION_MARKS[action]} ${ACTION_LABELS[action]}</span>`
      : "";
  return (
    `<th scope="row" tabindex="-1"${more}><b>${escapeHtml(titleOf(token))}</b><small>${about}${inactive}</small></th>` +
    `<td class="change" tabindex="-1"${members === "" ? "" : ` data-p="${escapeHtml(members)}"`}>${tag}${why}</td>` +
    riskCell(token)
  );
}

function riskCell(token: ReportedToken): string {
  const { risks, unusedAcknowledgements } = token;
  const tags = risks.map((finding) => {
    const { id, title, severity, acknowledged } = finding;
    const text = `${escapeHtml(title)} · ${severity}${escapeHtml(riskReach(token) + detailsOf(finding))}`;
    return acknowledged === undefined
      ? `<span class="tag open ${severity}" title="${id}">⚠ ${text}</span>`
      : `<span class="tag" title="${id}">✓ ${text}</span><span class="why">${escapeHtml(acknowledged)}</span>`;
  });
  const unused = unusedAcknowledgements.map(
    (id) => `<span class="why">${escapeHtml(id)} is acknowledged, but not there</span>`,
  );
  const explanations = risks.map(({ id, explanation }) => `  ${id}: ${explanation}`).join("\n");
  return `<td class="risks" tabindex="-1"${explanations === "" ? "" : ` data-p="${escapeHtml(explanations)}"`}>${[...tags, ...unused].join(" ")}</td>`;
}

function unknownCell(token: ReportedToken): string {
  const unknown = unknownOf(token);
  if (unknown === "") return `<td class="type" tabindex="-1"></td>`;
  return `<td class="type" tabindex="-1" data-p="? ${escapeHtml(unknown)}"><span class="mark q">?</span></td>`;
}

function cellOf(type: string, entries: readonly Entry[], used: ReadonlySet<string>): string {
  const here = entries.filter(({ permission }) => permission.resource.type === type);
  if (here.length === 0) return `<td class="type" tabindex="-1"${used.has(type) ? "" : " data-unused"}></td>`;
  const lines = here.map(({ text, kind }) => `${DIFF_MARKS[kind].mark || " "} ${text}`).join("\n");
  return `<td class="type" tabindex="-1" data-p="${escapeHtml(lines)}">${marksOf(here)}</td>`;
}

/** Reading above writing. One mark for all permissions that look the same: kept ones first, then added, then removed. */
function marksOf(entries: readonly Entry[]): string {
  const lines = (["read", "write"] as const).map((action) => {
    const marks = new Map<string, { text: string; count: number }>();
    for (const kind of ["kept", "added", "removed"] as const) {
      for (const { permission } of entries.filter(
        (one) => one.kind === kind && one.permission.action === action,
      )) {
        const reach = reachOf(permission);
        const css = `mark ${action.charAt(0)}${reach}${DIFF_MARKS[kind].css}`;
        const text =
          DIFF_MARKS[kind].mark + action.charAt(0).toUpperCase() + (reach === " server" ? "*" : "");
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

/** Text that stands for itself in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}
