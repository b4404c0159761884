// Made of consumer.ts by esbuild.

// consumer.ts
import { fileURLToPath } from "node:url";

// nats.ts
import { connect } from "node:net";
var DEAD_MS = 15e3;
var Nats = class _Nats {
  constructor(socket, name) {
    this.socket = socket;
    this.inbox = `_INBOX_${name}.${process.pid}`;
    socket.setNoDelay(true);
    socket.setTimeout(DEAD_MS, () => this.fail(new Error("the server is silent")));
    socket.on("data", (b) => this.read(b));
    socket.on("error", (e) => this.fail(e));
    socket.on("close", () => this.fail(new Error("the server went away")));
    socket.write(`CONNECT {"verbose":false,"pedantic":false,"headers":true}\r
SUB ${this.inbox}.* 1\r
`);
  }
  socket;
  inbox;
  unread = Buffer.alloc(0);
  messages = [];
  waiting;
  failed;
  static open(url, name) {
    const at = new URL(url.replace(/^nats:/, "http:"));
    return new Promise((done, fail) => {
      const socket = connect(Number(at.port || 4222), at.hostname, () => done(new _Nats(socket, name)));
      socket.once("error", fail);
    });
  }
  close() {
    this.socket.destroy();
  }
  publish(subject, body, reply = "") {
    this.socket.write(`PUB ${subject} ${reply} ${Buffer.byteLength(body)}\r
${body}\r
`);
  }
  ask(subject, value) {
    this.publish("$JS.API." + subject, JSON.stringify(value), this.inbox + ".answer");
  }
  async request(subject, value) {
    this.ask(subject, value);
    return JSON.parse((await this.next()).body.toString());
  }
  /** Waits for a message. */
  next() {
    const first = this.messages.shift();
    if (first) return Promise.resolve(first);
    if (this.failed) return Promise.reject(this.failed);
    return new Promise((take, fail) => this.waiting = { take, fail });
  }
  fail(e) {
    this.failed ??= e;
    this.close();
    this.waiting?.fail(this.failed);
    this.waiting = void 0;
  }
  give(m) {
    const waiting = this.waiting;
    this.waiting = void 0;
    if (waiting) waiting.take(m);
    else this.messages.push(m);
  }
  read(b) {
    this.unread = Buffer.concat([this.unread, b]);
    for (; ; ) {
      const end = this.unread.indexOf("\r\n");
      if (end < 0) return;
      const words = this.unread.subarray(0, end).toString().split(/\s+/).filter((w) => w);
      let size = 0;
      if (words[0] === "MSG" || words[0] === "HMSG") {
        size = Number(words[words.length - 1]) + 2;
        if (this.unread.length < end + 2 + size) return;
        this.give(messageOf(words, this.unread.subarray(end + 2, end + size)));
      } else if (words[0] === "PING") {
        this.socket.write("PONG\r\n");
      } else if (words[0] === "-ERR") {
        this.fail(new Error(words.slice(1).join(" ")));
      }
      this.unread = this.unread.subarray(end + 2 + size);
    }
  }
};
function messageOf(words, payload) {
  const headers = words[0] === "HMSG" ? Number(words[words.length - 2]) : 0;
  const reply = words.length === (headers ? 6 : 5) ? words[3] : "";
  const status = payload.subarray(0, headers).toString().split("\r\n")[0].slice(9, 12).trim();
  return { reply, status, body: Buffer.from(payload.subarray(headers)) };
}

// position.ts
import { readFileSync, renameSync, writeFileSync } from "node:fs";
var KNOWN = 1e3;
var Position = class {
  constructor(file, era) {
    this.file = file;
    this.era = era;
    let kept;
    try {
      kept = JSON.parse(readFileSync(file, "utf8"));
    } catch (e) {
      if (e.code !== "ENOENT") throw e;
      return;
    }
    if (kept.era === era) {
      this.sequence = kept.sequence;
      this.ids = kept.ids;
    }
  }
  file;
  era;
  sequence = 0;
  ids = [];
  knows(id) {
    return this.ids.includes(id);
  }
  keep(sequence, id) {
    this.sequence = Math.max(this.sequence, sequence);
    this.ids = [...this.ids, id].slice(-KNOWN);
    writeFileSync(this.file + ".new", JSON.stringify({ era: this.era, sequence: this.sequence, ids: this.ids }));
    renameSync(this.file + ".new", this.file);
  }
};

// consumer.ts
var NAME = "@NAME@";
var STREAM = "SLIPWAY_EVENTS";
var FILTER = process.env.FILTER ?? "slipway.event.*.*.*.release.*";
var URL_ = process.env.NATS_URL ?? "nats://127.0.0.1:4222";
var KEPT = process.env.KEPT ?? fileURLToPath(new URL("position.json", import.meta.url));
var BATCH = 10;
var WAIT = 5e9;
async function work(fact) {
  console.log(fact.id, fact.type, fact.subject, fact.reason ?? "");
  if (fact.type === "dev.slipway.release.promoted.v1") {
  }
}
async function consumer(nats, position) {
  const found = await nats.request(`CONSUMER.INFO.${STREAM}.${NAME}`, {});
  if (found.error?.code !== 404) return found;
  const config = {
    durable_name: NAME,
    name: NAME,
    filter_subject: FILTER,
    ack_policy: "explicit",
    max_ack_pending: 100,
    max_deliver: -1,
    backoff: [3e10, 6e10, 3e11],
    deliver_policy: "new"
  };
  if (position.sequence > 0) {
    config.deliver_policy = "by_start_sequence";
    config.opt_start_seq = position.sequence + 1;
  }
  return nats.request(`CONSUMER.CREATE.${STREAM}.${NAME}.${FILTER}`, { stream_name: STREAM, config });
}
function sequenceOf(reply) {
  const words = reply.split(".");
  return Number(words[words.length > 9 ? 7 : 5]);
}
async function read(nats) {
  const info = await nats.request(`STREAM.INFO.${STREAM}`, {});
  if (info.error) throw new Error(info.error.description);
  const position = new Position(KEPT, Number(info.config.metadata["slipway.era"]));
  const found = await consumer(nats, position);
  if (found.error) throw new Error(found.error.description);
  console.error(`${NAME} reads ${STREAM} behind ${position.era}:${position.sequence}`);
  for (; ; ) {
    nats.ask(`CONSUMER.MSG.NEXT.${STREAM}.${NAME}`, { batch: BATCH, expires: WAIT });
    for (let n = 0; n < BATCH; n++) {
      const m = await nats.next();
      if (m.status) break;
      const fact = JSON.parse(m.body.toString());
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
for (; ; ) {
  let nats;
  try {
    nats = await Nats.open(URL_, NAME);
    await read(nats);
  } catch (e) {
    console.error("again in a second:", e instanceof Error ? e.message : e);
    nats?.close();
    await new Promise((done) => setTimeout(done, 1e3));
  }
}
