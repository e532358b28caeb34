/** A queue of forms of different lengths, in blocks of plain memory that are given back as they are read. */
import type { Form } from "./canonical.ts";

const blockLength = 1 << 20;

export interface FormQueue {
  push(form: Form): void;
  /** The oldest form; valid until the next call. */
  shift(): Form;
  readonly size: () => number;
}

export function formQueue(): FormQueue {
  let blocks: Uint16Array[] = [];
  let first = 0;
  let readAt = 0;
  let writeAt = blockLength;
  let count = 0;
  return {
    push(form) {
      if (writeAt + form.length + 1 > blockLength) {
        // A length of 0 says that the rest of the block is empty.
        const last = blocks.at(-1);
        if (last !== undefined && writeAt < blockLength) last[writeAt] = 0;
        blocks.push(new Uint16Array(blockLength));
        writeAt = 0;
      }
      const block = blocks.at(-1);
      if (block === undefined) return;
      block[writeAt] = form.length;
      block.set(form, writeAt + 1);
      writeAt += form.length + 1;
      count += 1;
    },
    shift() {
      let block = blocks[first];
      if (readAt >= blockLength || (block?.[readAt] ?? 0) === 0) {
        first += 1;
        readAt = 0;
        if (first > 64) {
          blocks = blocks.slice(first);
          first = 0;
        }
        block = blocks[first];
      }
      if (block === undefined) throw new Error("the queue is empty");
      const length = block[readAt] ?? 0;
      const form = block.subarray(readAt + 1, readAt + 1 + length);
      readAt += length + 1;
      count -= 1;
      return form;
    },
    size: () => count,
  };
}
