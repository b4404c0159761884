// @NAME@ reads what Slipway says and acts on it, each fact once by its id. The server
// keeps how far it has acknowledged; position.json keeps the last place and the ids it
// has worked on, so that a fact that comes again is not worked on again.
import { fileURLToPath } from "node:url";
import { Nats } from "./nats.js";
import { Position } from "./position.js";

const NAME = "@NAME@";
const STREAM = "SLIPWAY_EVENTS";
const FILTER = process.env.FILTER ?? "slipway.event.*.*.*.release.*"; // app, owner, place, entity, happened
const URL_ = process.env.NATS_URL ?? "nats://127.0.0.1:4222";
const KEPT = process.env.KEPT ?? fileURLToPath(new URL("position.json", import.meta.url));
const BATCH = 10; // facts asked for at once
const WAIT = 5_000_000_000; // nanoseconds until the server says that there is nothing new

interface Fact {
  id: string;
  type: string;
  subject: string;
  reason?: string;
  data: any;
}

/** Yours: called with each fact. After an exception the fact comes again in 30 s. */
async function work(fact: Fact): Promise<void> {
  console.log(fact.id, fact.type, fact.subject, fact.reason ?? "");
  if (fact.type === "dev.slipway.release.promoted.v1") {
    // fact.data.app now serves with release fact.data.release
  }
}

/** Finds the consumer of this name, which `slipway consumer add` makes, or makes one. */
async function consumer(nats: Nats, position: Position): Promise<any> {
  const found = await nats.request(`CONSUMER.INFO.${STREAM}.${NAME}`, {});
  if (found.error?.code !== 404) return found;
  const config: Record<string, unknown> = {
    durable_name: NAME, name: NAME, filter_subject: FILTER, ack_policy: "explicit",
    max_ack_pending: 100, max_deliver: -1, backoff: [30_000_000_000, 60_000_000_000, 300_000_000_000],
    deliver_policy: "new",
  };
  if (position.sequence > 0) {
    // it was there and is no more: go on where this was
    config.deliver_policy = "by_start_sequence";
    config.opt_start_seq = position.sequence + 1;
  }
  return nats.request(`CONSUMER.CREATE.${STREAM}.${NAME}.${FILTER}`, { stream_name: STREAM, config });
}

/** The place in the log stands in the subject of the acknowledgement. */
function sequenceOf(reply: string): number {
  const words = reply.split(".");
  return Number(words[words.length > 9 ? 7 : 5]);
}

async function read(nats: Nats): Promise<never> {
  const info = await nats.request(`STREAM.INFO.${STREAM}`, {});
  if (info.error) throw new Error(info.error.description);
  const position = new Position(KEPT, Number(info.config.metadata["slipway.era"]));
  const found = await consumer(nats, position);
  if (found.error) throw new Error(found.error.description);
  console.error(`${NAME} reads ${STREAM} behind ${position.era}:${position.sequence}`);
  for (;;) {
    nats.ask(`CONSUMER.MSG.NEXT.${STREAM}.${NAME}`, { batch: BATCH, expires: WAIT });
    for (let n = 0; n < BATCH; n++) {
      const m = await nats.next();
      if (m.status) break; // nothing new, or fewer than asked for
      const fact: Fact = JSON.parse(m.body.toString());
      if (!position.knows(fact.id)) {
        try {
          await work(fact);
        } catch (e) {
          console.error(fact.id, "comes again:", e);
          continue;
        }
        position.keep(sequenceOf(m.reply), fact.id);
      }
      nats.publish(m.reply, "+ACK");
    }
  }
}

for (;;) {
  let nats: Nats | undefined;
  try {
    nats = await Nats.open(URL_, NAME);
    await read(nats);
  } catch (e) {
    console.error("again in a second:", e instanceof Error ? e.message : e);
    nats?.close();
    await new Promise((done) => setTimeout(done, 1000));
  }
}
