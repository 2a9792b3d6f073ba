import * as pulumi from "@pulumi/pulumi";
import axios from "axios";
import { declaredNow, type PlannedToken } from "../../plan";

type Args = PlannedToken["args"];
interface State extends Args {
  readonly authorization: string;
  readonly token: string;
}

interface Wire {
  readonly id: string;
  readonly description: string;
  readonly token: string;
}

const url = (): string => `${process.env["INFLUX_HOST"] ?? ""}/api/v2`;
const options = () => ({ headers: { Authorization: `Token ${process.env["INFLUX_TOKEN"] ?? ""}` } });

// As the documentation of dynamic providers shows it: an object of functions, which Pulumi writes into each resource.
const provider: pulumi.dynamic.ResourceProvider<Args, State> = {
  diff(_id, olds, news) {
    const replaces = (["org", "readBucket", "writeBucket"] as const).filter(
      (name) => JSON.stringify(olds[name]) !== JSON.stringify(news[name]),
    );
    return Promise.resolve({
      changes: replaces.length > 0 || olds.description !== news.description,
      replaces,
    });
  },

  async create({ org, description, readBucket, writeBucket = [] }) {
    const found = await axios.get<{ orgs: { id: string }[] }>(
      `${url()}/orgs?org=${encodeURIComponent(org)}`,
      options(),
    );
    const orgID = found.data.orgs[0]?.id ?? "";
    const permission = (action: string) => (id: string) => ({
      action,
      resource: { type: "buckets", id, orgID },
    });
    const permissions = [...readBucket.map(permission("read")), ...writeBucket.map(permission("write"))];
    const body = { orgID, description, permissions };
    const { data } = await axios.post<Wire>(`${url()}/authorizations`, body, options());
    const outs = { org, description, readBucket, writeBucket, authorization: data.id, token: data.token };
    return { id: data.id, outs };
  },

  async read(id, props) {
    const { data } = await axios.get<Wire>(`${url()}/authorizations/${id}`, options());
    return { id, props: { ...(props as State), description: data.description } };
  },

  async update(id, olds, news) {
    await axios.patch(`${url()}/authorizations/${id}`, { description: news.description }, options());
    return { outs: { ...olds, ...news } };
  },

  async delete(id) {
    await axios.delete(`${url()}/authorizations/${id}`, options());
  },
};

class NaiveToken extends pulumi.dynamic.Resource {
  constructor(name: string, args: Args) {
    super(provider, name, { ...args, token: undefined }, { additionalSecretOutputs: ["token"] });
  }
}

for (const { name, args } of declaredNow(process.env)) new NaiveToken(name, args);
