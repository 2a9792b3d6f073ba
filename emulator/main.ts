import { runCli } from "./cli";

void runCli(process.argv.slice(2), process).then((exitCode) => {
  process.exitCode = exitCode;
});
