// Usage: node ci/comment.mjs FILE NAME
//
// Puts the Markdown of FILE under the pull request (GitHub) or merge request (GitLab) of this run, as one comment for
// each NAME: the next run edits it in place. A hidden first line tells which comment that is.
import { readFile } from "node:fs/promises";

const { env } = process;
const [file, name] = process.argv.slice(2);
if (name === undefined) throw new Error("Usage: node ci/comment.mjs FILE NAME");

const marker = `<!-- influx-token report: ${name} -->`;
const body = `${marker}\n${await readFile(file, "utf8")}`;

// Where comments are, how one of them is edited, and who asks.
const { comments, comment, edit, headers } =
  env.GITLAB_CI === "true"
    ? gitlab(`${env.CI_API_V4_URL}/projects/${env.CI_PROJECT_ID}/merge_requests/${env.CI_MERGE_REQUEST_IID}`)
    : github(`${env.GITHUB_API_URL}/repos/${env.GITHUB_REPOSITORY}/issues`);

function github(issues) {
  return {
    comments: `${issues}/${env.PULL_REQUEST}/comments`,
    comment: (id) => `${issues}/comments/${id}`,
    edit: "PATCH",
    headers: { Accept: "application/vnd.github+json", Authorization: `Bearer ${env.GITHUB_TOKEN}` },
  };
}

function gitlab(mergeRequest) {
  return {
    comments: `${mergeRequest}/notes`,
    comment: (id) => `${mergeRequest}/notes/${id}`,
    edit: "PUT",
    headers: { "PRIVATE-TOKEN": env.GITLAB_TOKEN },
  };
}

async function ask(method, url, data) {
  return fetch(url, {
    method,
    headers: { ...headers, "Content-Type": "application/json", "User-Agent": "influx-token-report" },
    ...(data && { body: JSON.stringify(data) }),
  });
}

async function answer(response) {
  if (response.ok) return response.json();
  throw new Error(`${response.url} answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
}

async function marked() {
  const found = [];
  for (let page = 1; ; page += 1) {
    const some = await answer(await ask("GET", `${comments}?per_page=100&page=${page}`));
    found.push(...some.filter((each) => each.body.startsWith(marker)));
    if (some.length < 100) return found;
  }
}

async function put() {
  for (const { id } of await marked()) {
    const response = await ask(edit, comment(id), { body });
    if (response.ok) return "edited";
    // Anybody may write the marker: somebody else's comment is not ours to edit.
    if (response.status !== 403 && response.status !== 404) await answer(response);
  }
  await answer(await ask("POST", comments, { body }));
  return "made";
}

console.log(`The comment of ${name} was ${await put()}.`);
