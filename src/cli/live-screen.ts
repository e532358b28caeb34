/** Redraws a block of lines in place on a terminal: only what changed is written, nothing scrolls, nothing flickers. */

export type Terminal = {
  readonly write: (text: string) => void;
  readonly rows: () => number;
  readonly columns: () => number;
};

const csi = "\u001b[";

export class LiveScreen {
  readonly #terminal: Terminal;
  #drawn: readonly string[] = [];
  #columns = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Shows these lines instead of those before; the cursor rests below them. */
  draw(lines: readonly string[]): void {
    const room = Math.max(1, this.#terminal.rows() - 1);
    const next =
      lines.length <= room
        ? lines
        : [...lines.slice(0, room - 1), "  … (a taller window shows the rest)"];
    const columns = this.#terminal.columns();
    // After a change of width the terminal has wrapped the old lines: their places are no longer known.
    if (columns !== this.#columns && this.#columns !== 0) {
      this.#terminal.write(`${csi}2J${csi}H`);
      this.#drawn = [];
    }
    this.#columns = columns;
    this.#terminal.write(this.#changed(next));
    this.#drawn = next;
  }

  /** Leaves the last picture where it is. */
  close(): void {
    this.#drawn = [];
  }

  #changed(next: readonly string[]): string {
    const old = this.#drawn;
    let text = old.length > 0 ? `${csi}${Math.min(old.length, this.#terminal.rows() - 1)}A\r` : "";
    for (let row = 0; row < Math.max(old.length, next.length); row++) {
      const line = next[row] ?? "";
      text += line === old[row] ? "\n" : `${line}${csi}K\n`;
    }
    // A picture that became shorter leaves blank lines below it; the cursor goes back over them.
    const surplus = old.length - next.length;
    return surplus > 0 ? `${text}${csi}${surplus}A` : text;
  }
}
