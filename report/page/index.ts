import { createHash } from "node:crypto";
import type { Report, ReportedToken } from "../model";
import {
  ACTION_MARKS,
  changedMembers,
  changeOf,
  count,
  serversOf,
  summaryOf,
  titleOf,
  unknownOf,
} from "../summary";
import { escapeHtml, renderMatrix } from "./matrix";
import { SCRIPT } from "./script";
import { STYLE } from "./style";

const LEGEND: readonly (readonly [string, string])[] = [
  [
    `<span class="mark r">R</span><span class="mark w">W</span>`,
    "read, write: all of the type in the organization",
  ],
  [`<span class="mark r one">R</span><span class="mark w one">W2</span>`, "single ones, and how many"],
  [`<span class="mark r server">R*</span><span class="mark w server">W*</span>`, "the whole server"],
  [`<span class="mark r add">+R</span><span class="mark w add">+W</span>`, "comes"],
  [`<span class="mark r gone">−R</span><span class="mark w gone">−W</span>`, "goes"],
  [`<span class="mark q">?</span>`, "not known before pulumi up"],
];

/**
 * The report as one file that needs no network and no other file. Its Content-Security-Policy pins its script and style
 * by their hashes, so that nothing else in it can run.
 */
export function renderPage(report: Report): string {
  const { project, stack, source, tokens, permissionsFrom } = report;
  const title = [project, stack].filter((part) => part !== "").join(" / ");
  const csp = `default-src 'none'; style-src '${hash(STYLE)}'; script-src '${hash(SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  const from =
    permissionsFrom === "permissions"
      ? "Permissions as they are declared, before they exist."
      : "Permissions as the server granted them, with ids.";
  const summary = summaryOf(report).replace("InfluxDB tokens: ", "");
  const servers = serversOf(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>InfluxDB tokens${title === "" ? "" : ` · ${escapeHtml(title)}`}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>InfluxDB tokens</h1>
<p class="soft">${title === "" ? "" : `${escapeHtml(title)} · `}${source}. ${from}</p>
${servers === "" ? "" : `<p>${escapeHtml(servers)}</p>\n`}<p><b>${escapeHtml(summary)}.</b></p>
</header>
<main>
${toolsFor(report)}
<ul class="legend" aria-label="Legend">${LEGEND.map(([marks, text]) => `<li><span aria-hidden="true">${marks}</span> ${text}</li>`).join("")}</ul>
<div class="frame" id="frame">${tokens.length === 0 ? "" : renderMatrix(report)}<p class="none" id="none"${tokens.length === 0 ? "" : " hidden"}>No token fits.</p></div>
${meanings(report)}
${tokens.length === 0 ? "" : `<section class="full"><h2>Permissions in full</h2>\n${tokens.map((token) => inFull(token, report)).join("\n")}</section>`}
<footer>Made by <code>influx-token report</code>. It holds no token.</footer>
</main>
<div class="tip" id="tip" role="tooltip" hidden></div>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function toolsFor({ source }: Report): string {
  const changes =
    source === "preview" ? `<label><input type="checkbox" id="changes"> changes only</label>` : "";
  return `<div class="tools" id="tools" role="search" hidden>
<label><span class="soft">Filter</span> <input type="search" id="find" placeholder="name, organization, permission …" aria-keyshortcuts="/" autocomplete="off" spellcheck="false"></label>
${changes}<label><input type="checkbox" id="risks"> open risks only</label>
<label><input type="checkbox" id="used"> hide unused types</label>
<output id="count" aria-live="polite"></output>
</div>`;
}

function meanings({ tokens }: Report): string {
  const byId = new Map(tokens.flatMap(({ risks }) => risks).map((risk) => [risk.id, risk]));
  if (byId.size === 0) return "";
  const items = [...byId.values()].map(
    ({ id, title, severity, explanation }) =>
      `<li><b>${escapeHtml(title)}</b> (<code>${id}</code>, ${severity}): ${escapeHtml(explanation)}</li>`,
  );
  return `<section><h2>What the risks mean</h2><ul class="meaning">${items.join("")}</ul></section>`;
}

function inFull(token: ReportedToken, report: Report): string {
  const { added, removed, kept } = token.permissions;
  const unknown = unknownOf(token);
  const lines = [
    ...added.map((text) => `+ ${text}`),
    ...removed.map((text) => `− ${text}`),
    ...kept.map((text) => `\u00a0 ${text}`),
    ...(unknown === "" ? [] : [`? ${unknown}`]),
  ];
  const head = `${ACTION_MARKS[token.action]} <b>${escapeHtml(titleOf(token))}</b>`;
  const about = [escapeHtml(changeOf(token, report)), count(lines.length, "permission")]
    .filter(Boolean)
    .join(", ");
  const members = changedMembers(token, Infinity);
  const items = [...lines, ...members.map((text) => `member ${text}`)].map(
    (line) => `<li class="mono">${escapeHtml(line)}</li>`,
  );
  return `<details><summary>${head} <span class="soft">${about}</span></summary><ul>${items.join("")}</ul></details>`;
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
