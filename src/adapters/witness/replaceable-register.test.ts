/** A store that is opened anew: when, with what, and that nobody who still asks is cut off. */
import { expect, test } from "vitest";
import { emptyLease } from "../../core/lease/record.ts";
import { replaceableRegister } from "./replaceable-register.ts";

/** Registers that answer when they are told to, each named after what it was opened with. */
function world() {
  const said: string[] = [];
  const waiting = new Map<string, () => void>();
  let access = "one";
  const register = replaceableRegister(
    "store",
    () => Promise.resolve(access),
    (key) => {
      if (key === "wrong") throw new Error("it can not be opened");
      said.push(`open ${key}`);
      return {
        id: key,
        read: (slot) =>
          new Promise((resolve) => {
            waiting.set(key, () => resolve({ record: emptyLease(slot), nowMs: null }));
          }),
        cas: () => Promise.resolve(true),
        close: () => {
          said.push(`close ${key}`);
        },
      };
    },
  );
  const give = (next: string): void => {
    access = next;
  };
  return { register, said, give, answer: (key: string) => waiting.get(key)?.() };
}

const write = [0, emptyLease("s")] as const;

test("the same access opens once, another one opens anew and closes the one before", async () => {
  const { register, said, give } = world();
  await register.cas("s", ...write);
  await register.cas("s", ...write);
  give("two");
  await register.cas("s", ...write);
  register.close();
  expect(said).toEqual(["open one", "open two", "close one", "close two"]);
});

test("who still asks the one before gets an answer, and only then it is closed", async () => {
  const { register, said, give, answer } = world();
  const asked = register.read("s");
  await expect.poll(() => said).toEqual(["open one"]);
  give("two");
  await register.cas("s", ...write);
  expect(said).toEqual(["open one", "open two"]);
  answer("one");
  expect((await asked).record.slot).toBe("s");
  expect(said).toEqual(["open one", "open two", "close one"]);
});

test("access that opens nothing fails, and the one before serves again when it is back", async () => {
  const { register, said, give } = world();
  await register.cas("s", ...write);
  give("wrong");
  await expect(register.cas("s", ...write)).rejects.toThrow("it can not be opened");
  give("one");
  await register.cas("s", ...write);
  expect(said).toEqual(["open one"]);
});

test("after it is closed it is asked in vain", async () => {
  const { register, said } = world();
  register.close();
  await expect(register.read("s")).rejects.toMatchObject({ code: "Cancelled" });
  expect(said).toEqual([]);
});
