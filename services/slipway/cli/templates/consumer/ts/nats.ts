// As much of a NATS client as a consumer needs, on Node's standard library: one inbox,
// one question at a time. NATS speaks lines over TCP.
import { connect, type Socket } from "node:net";

/** A message: where to answer, its status if it has one, its body. */
export interface Message {
  reply: string;
  status: string;
  body: Buffer;
}

const DEAD_MS = 15_000; // of silence, after which the connection is taken for dead

export class Nats {
  private readonly inbox: string;
  private unread: Buffer = Buffer.alloc(0);
  private messages: Message[] = [];
  private waiting?: { take: (m: Message) => void; fail: (e: Error) => void };
  private failed?: Error;

  private constructor(private readonly socket: Socket, name: string) {
    this.inbox = `_INBOX_${name}.${process.pid}`;
    socket.setNoDelay(true);
    socket.setTimeout(DEAD_MS, () => this.fail(new Error("the server is silent")));
    socket.on("data", (b: Buffer) => this.read(b));
    socket.on("error", (e: Error) => this.fail(e));
    socket.on("close", () => this.fail(new Error("the server went away")));
    socket.write('CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n' + `SUB ${this.inbox}.* 1\r\n`);
  }

  static open(url: string, name: string): Promise<Nats> {
    const at = new URL(url.replace(/^nats:/, "http:"));
    return new Promise((done, fail) => {
      const socket = connect(Number(at.port || 4222), at.hostname, () => done(new Nats(socket, name)));
      socket.once("error", fail);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  publish(subject: string, body: string, reply = ""): void {
    this.socket.write(`PUB ${subject} ${reply} ${Buffer.byteLength(body)}\r\n${body}\r\n`);
  }

  ask(subject: string, value: unknown): void {
    this.publish("$JS.API." + subject, JSON.stringify(value), this.inbox + ".answer");
  }

  async request(subject: string, value: unknown): Promise<any> {
    this.ask(subject, value);
    return JSON.parse((await this.next()).body.toString());
  }

  /** Waits for a message. */
  next(): Promise<Message> {
    const first = this.messages.shift();
    if (first) return Promise.resolve(first);
    if (this.failed) return Promise.reject(this.failed);
    return new Promise((take, fail) => (this.waiting = { take, fail }));
  }

  private fail(e: Error): void {
    this.failed ??= e;
    this.close();
    this.waiting?.fail(this.failed);
    this.waiting = undefined;
  }

  private give(m: Message): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    if (waiting) waiting.take(m);
    else this.messages.push(m);
  }

  private read(b: Buffer): void {
    this.unread = Buffer.concat([this.unread, b]);
    for (;;) {
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
}

function messageOf(words: string[], payload: Buffer): Message {
  const headers = words[0] === "HMSG" ? Number(words[words.length - 2]) : 0;
  const reply = words.length === (headers ? 6 : 5) ? words[3] : "";
  const status = payload.subarray(0, headers).toString().split("\r\n")[0].slice(9, 12).trim();
  return { reply, status, body: Buffer.from(payload.subarray(headers)) };
}
