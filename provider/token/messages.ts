import { InfluxTokenError } from "../errors";
import { quoted } from "../text";

/** What to say when the token is not on the server, and that server is not the one that made it. */
export function notOnThisServer(id: string, host: string, recorded: string): InfluxTokenError {
  return new InfluxTokenError(
    `the token ${id} was made on ${recorded} and is not on ${host}: if ${host} is the wrong server, set the right one (connection.host, influx-token:host or INFLUX_HOST); if ${recorded} is gone for good, take the token out of the state with \`pulumi state delete\` or rename the resource`,
  );
}

/** What to say of a token that outlived its organization or owner. */
export function orphanWarning(
  id: string,
  { org, orgId, user, userId }: { org: string; orgId: string; user: string; userId: string },
  missing: "organization" | "owner",
  host: string,
): string {
  const [what, which, works] =
    missing === "organization"
      ? ["organization", `${quoted(org)} (${orgId})`, "the token still works"]
      : ["owner", `${quoted(user)} (${userId})`, "the token exists, and the server refuses it"];
  return `the ${what} ${which} of the token ${id} was deleted on ${host}; ${works}: the next \`pulumi up\` replaces it, as soon as the program names ${missing === "organization" ? "an organization" : "a user"} that exists; to be rid of it, take it out of the program, or run \`pulumi destroy\``;
}

/** What to say when a change of status was answered with success and another status. */
export function statusNotSet(id: string, asked: string, now: string): InfluxTokenError {
  return new InfluxTokenError(
    `cannot set the token ${id} ${asked}: it was answered that the token is ${now}: does something between here and there change requests?`,
  );
}

/** What to say when a description was answered in another form. */
export function descriptionDiffers(id: string, asked: string, now: string): string {
  return `the token ${id} has the description ${quoted(now)} in place of ${quoted(asked)}: does something between here and there change requests?`;
}

/** What to say when a token that is to be changed is no longer there. */
export function tokenIsGone(id: string, host: string): InfluxTokenError {
  return new InfluxTokenError(
    `cannot update the token ${id}: it is no longer on ${host}: run \`pulumi refresh\`, and the next \`pulumi up\` makes a new one`,
  );
}

/** What to say where a change takes a new token, and nobody makes one. */
export function notInPlace(names: readonly string[]): InfluxTokenError {
  return new InfluxTokenError(
    `cannot change ${names.join(", ")} of a token that exists: InfluxDB lets nobody do that: make a new token, and delete this one`,
  );
}

/** What to say where a token is to be deleted that is in no state, and not there. */
export function nothingToDelete(id: string, host: string): InfluxTokenError {
  return new InfluxTokenError(`cannot delete the token ${id}: there is none on ${host}`);
}

/** What to say where a program adopts another token than the one that it has. */
export function adoptsAnother(id: string, adopt: string): InfluxTokenError {
  return new InfluxTokenError(
    `adopt names the token ${adopt}, and this resource already has the token ${id}: leave adopt out to keep it, or declare a resource of another name to adopt ${adopt}`,
  );
}

/** What to say where a token that is still to be adopted would be replaced, and its value lost. */
export function adoptBeforeReplacement(id: string, replaces: readonly string[]): InfluxTokenError {
  return new InfluxTokenError(
    `the token ${id} would be replaced for a change of ${replaces.join(", ")}, while adopt (or the option import) still names it: remove adopt first, for a replacement deletes the token that was adopted`,
  );
}

/** What to say where the run that imports a token would replace it, which the engine does at once. */
export function importBeforeReplacement(id: string, replaces: readonly string[]): InfluxTokenError {
  return new InfluxTokenError(
    `the token ${id} would be imported and replaced in one run, for the program differs in ${replaces.join(", ")}, and a replacement deletes it: declare the token as it is (\`pulumi import\` prints that), and change it after an up that changes nothing; or, to have a new token beside it, first take this one out of the state with \`pulumi state delete\`, which leaves it on the server. In \`pulumi do … patch\`: InfluxDB lets nobody change that, so make a new token, and delete this one`,
  );
}

/** What to say of a delete that another record of the same token forbids. */
export function keptForAnother(id: string, host: string): string {
  return `the token ${id} on ${host} is not deleted, for this stack has adopted it anew: only its old record is removed`;
}

/** What to say of a delete of a token that the program adopts, and has not adopted yet. */
export function stillToBeAdopted(id: string): InfluxTokenError {
  return new InfluxTokenError(
    `the token ${id} is not deleted, for the program adopts it, and has not done so yet: where that failed, mend it first; where the option deleteBeforeReplace asks for it, leave that out`,
  );
}

/** What to say of a delete of the only record that has the value of a token that was adopted without it. */
export function valueIsHereOnly(id: string): InfluxTokenError {
  return new InfluxTokenError(
    `the record of the token ${id} is not removed, for the program has adopted the token without its value, which only this record has: give it as the secret adoptToken (\`pulumi stack export --show-secrets\` shows it), or keep the resource under its new name by the option aliases in place of adopt`,
  );
}

/** What to say, in each run, of a token that was adopted without its value. */
export function tokenValueUnknown(id: string, host: string): string {
  return `the value of the token ${id} on ${host} is not known, for it was adopted or imported without it: its output token is absent, and what is made from it would be empty; give it as the secret adoptToken, or replace the token`;
}

/** What to say where an imported token gets what only a program knows, and is not replaced for it. */
export function firstTaken(id: string, input: "keepers" | "generation"): string {
  return `the imported token ${id} gets its first ${input}, and stays: another value of ${input} in a later run makes a new token`;
}

/** What to say when the program names another token to adopt for a rotating token that exists. */
export function adoptsAnotherThanFirst(adopted: string | undefined, asked: string): InfluxTokenError {
  const first = adopted === undefined ? "it was made without one" : `it adopted the token ${adopted}`;
  return new InfluxTokenError(
    `adopt names the token ${asked}, and this RotatingInfluxToken exists already: ${first}: leave adopt as it was or out, or declare another resource for the token ${asked}`,
  );
}

/** What to say when a run was interrupted after a rotation. */
export function rotationUndone(id: string, host: string): InfluxTokenError {
  return new InfluxTokenError(
    `the run was interrupted after ${host} made the token ${id}: it was deleted again, for nobody would have recorded it: the newest token is the one before`,
  );
}
