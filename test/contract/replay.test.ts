import { readRecordings } from "./support/recording";
import { Replay } from "./support/replay";
import { emulatorTarget, realServers, realTarget, type Target } from "./support/target";

describe.each(readRecordings())("$file", ({ recording }) => {
  replays("the emulator", () => emulatorTarget(recording));

  for (const { url, token } of realServers()) {
    replays("the server at INFLUX_HOST", () => realTarget(url, token, recording));
  }

  function replays(title: string, open: () => Promise<Target>): void {
    describe(`${title} answers as InfluxDB ${recording.server} did`, () => {
      let target: Target | undefined;
      let replay: Replay;

      beforeAll(async () => {
        target = await open();
        replay = new Replay(target, recording);
      });

      afterAll(async () => {
        await target?.remove();
      });

      it.each(recording.exchanges)("$name", async (exchange) => {
        expect(await replay.run(exchange)).toEqual([]);
      });
    });
  }
});
