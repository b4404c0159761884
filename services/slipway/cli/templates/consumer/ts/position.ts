import { readFileSync, renameSync, writeFileSync } from "node:fs";

const KNOWN = 1000; // ids kept; no more than 100 can come again

/** Era and sequence of the last fact worked on, and the ids of the latest. */
export class Position {
  sequence = 0;
  private ids: string[] = [];

  constructor(private readonly file: string, readonly era: number) {
    let kept;
    try {
      kept = JSON.parse(readFileSync(file, "utf8"));
    } catch (e: any) {
      if (e.code !== "ENOENT") throw e;
      return;
    }
    if (kept.era === era) {
      // in another one the log has begun anew
      this.sequence = kept.sequence;
      this.ids = kept.ids;
    }
  }

  knows(id: string): boolean {
    return this.ids.includes(id);
  }

  keep(sequence: number, id: string): void {
    this.sequence = Math.max(this.sequence, sequence);
    this.ids = [...this.ids, id].slice(-KNOWN);
    writeFileSync(this.file + ".new", JSON.stringify({ era: this.era, sequence: this.sequence, ids: this.ids }));
    renameSync(this.file + ".new", this.file);
  }
}
