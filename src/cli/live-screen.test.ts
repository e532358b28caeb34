import { expect, test } from "vitest";
import { LiveScreen } from "./live-screen.ts";

function terminal(rows: number) {
  const written: string[] = [];
  const size = { rows, columns: 80 };
  const screen = new LiveScreen({
    write: (text) => void written.push(text),
    rows: () => size.rows,
    columns: () => size.columns,
  });
  return { screen, written, size };
}

test("only lines that changed are written again", () => {
  const { screen, written } = terminal(24);
  screen.draw(["one", "two", "three"]);
  screen.draw(["one", "TWO", "three"]);
  expect(written[1]).toBe("\u001b[3A\r\nTWO\u001b[K\n\n");
});

test("a picture that became shorter leaves nothing of the longer one behind", () => {
  const { screen, written } = terminal(24);
  screen.draw(["one", "two", "three"]);
  screen.draw(["one"]);
  expect(written[1]).toBe("\u001b[3A\r\n\u001b[K\n\u001b[K\n\u001b[2A");
});

test("a picture taller than the window is cut and says so", () => {
  const { screen, written } = terminal(3);
  screen.draw(["one", "two", "three", "four"]);
  expect(written[0]).toContain("one\u001b[K\n  … (a taller window shows the rest)");
});

test("after a change of width everything is drawn anew", () => {
  const { screen, written, size } = terminal(24);
  screen.draw(["one"]);
  size.columns = 60;
  screen.draw(["one"]);
  expect(written.slice(1).join("")).toBe("\u001b[2J\u001b[Hone\u001b[K\n");
});
