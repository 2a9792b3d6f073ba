import type { Runtime } from "../runtime";
import { Limiter } from "./limiter";
import { PendingCreates } from "./pendingCreates";
import { Startup } from "./startup";

/** What a run knows of one server, whichever token it is called with. */
export class Server {
  readonly limiter = new Limiter();
  readonly creates = new PendingCreates();
  readonly startup: Startup;

  constructor({ now }: Runtime) {
    this.startup = new Startup(now);
  }
}
