import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { isAbsolute } from "node:path";
import * as pulumi from "@pulumi/pulumi";

interface SecretFileInputs {
  path: string;
  content: string;
}

interface SecretFileState extends SecretFileInputs {
  /** Octal, as `chmod` takes it. */
  mode: string;
}

// Pulumi writes the source of this object into the state: so it uses nothing but modules and what it is given.
export const provider: pulumi.dynamic.ResourceProvider<SecretFileInputs, SecretFileState> = {
  check(_, news) {
    const absolute = news.path === pulumi.runtime.unknownValue || isAbsolute(news.path);
    const failures = [
      { property: "path", reason: "must be absolute, so that every run means the same file" },
    ];
    return Promise.resolve({ inputs: news, failures: absolute ? [] : failures });
  },

  diff(_, olds, news) {
    return Promise.resolve({
      changes: olds.path !== news.path || olds.content !== news.content || olds.mode !== "600",
      replaces: olds.path === news.path ? [] : ["path"],
    });
  },

  async create(inputs) {
    return { id: inputs.path, outs: await write(inputs) };
  },

  async update(_, __, news) {
    return { outs: await write(news) };
  },

  async read(id, olds) {
    try {
      const [content, { mode }] = await Promise.all([readFile(id, "utf8"), stat(id)]);
      return { id, props: { ...(olds as SecretFileState), content, mode: (mode & 0o7777).toString(8) } };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
      throw error;
    }
  },

  async delete(id) {
    await Promise.all([id, unfinished(id)].map((path) => rm(path, { force: true })));
  },
};

/** Where a file is until it is whole. A run that was killed leaves it there: the next one takes it away. */
function unfinished(path: string): string {
  return `${path}.new`;
}

/** A reader sees the old file or the new one, and never a part. The file is nobody else's from its first byte on. */
async function write({ path, content }: SecretFileInputs): Promise<SecretFileState> {
  const draft = unfinished(path);
  await rm(draft, { force: true });
  await writeFile(draft, content, { mode: 0o600, flag: "wx" });
  await rename(draft, path);
  return { path, content, mode: "600" };
}

/** A file that only its owner reads, on the machine where Pulumi runs. Its content is a secret in the state. */
export class SecretFile extends pulumi.dynamic.Resource {
  /**
   * @param args `path` is absolute, and its folder exists. What is there already is overwritten, and deleted with the
   *   resource.
   */
  constructor(
    name: string,
    args: { path: pulumi.Input<string>; content: pulumi.Input<string> },
    options?: pulumi.CustomResourceOptions,
  ) {
    const { path, content } = args;
    super(
      provider,
      name,
      { path, content: pulumi.secret(content), mode: undefined },
      {
        ...options,
        additionalSecretOutputs: ["content"],
        // `--replace` would else write the file and delete it then.
        deleteBeforeReplace: true,
      },
    );
  }
}
