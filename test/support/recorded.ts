import { type Engine, nameOf, plaintextOf } from "../../scripts/engine";
import type { RecordedToken } from "./randomStack";

/** The tokens in a stack's state, by name, with their values. Rejects where one still waits for its deletion. */
export async function recordedTokens(engine: Engine): Promise<Map<string, RecordedToken>> {
  const { deployment } = await engine.export(["--show-secrets"]);
  const tokens = (deployment.resources ?? []).filter(({ type }) => type.endsWith(":InfluxToken"));
  const leftOver = tokens.filter((one) => one.delete === true).map(nameOf);
  if (leftOver.length > 0) throw new Error(`not deleted after their replacement: ${leftOver.join(", ")}`);
  return new Map(
    tokens.map((resource) => {
      const { id = "", outputs = {} } = resource;
      const token = plaintextOf(outputs["token"]);
      const { description, status } = outputs;
      return [nameOf(resource), { id, token, description: String(description), status: String(status) }];
    }),
  );
}
