/** The text of an answer that somebody else sends, read no further than a size. */

/** All of it as UTF-8; fails with an `Error` as soon as more than `bytesMax` have come. A body that is not there is empty. */
export async function boundedText(
  body: AsyncIterable<Uint8Array> | null,
  bytesMax: number,
): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.byteLength;
    if (bytes > bytesMax) throw new Error(`the answer is larger than ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
