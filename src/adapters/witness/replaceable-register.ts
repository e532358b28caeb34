/**
 * A store that is connected to anew when what it is opened with changes: a replaced certificate, authority or user is taken up
 * without a restart, and what was read before is not forgotten, because that is remembered outside (register-witness.ts).
 */
import type { LeaseRegister } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";

export type ClosableRegister = LeaseRegister & { close(): void | Promise<void> };

type Opened = {
  readonly key: string;
  readonly register: ClosableRegister;
  users: number;
  isReplaced: boolean;
};

/** `read` is asked before each request; where its answer is another than the last, `open` gives the register for it. */
export function replaceableRegister<T>(
  id: string,
  read: () => Promise<T>,
  open: (access: T) => ClosableRegister,
): LeaseRegister & { close(): void } {
  let current: Opened | undefined;
  let isClosed = false;
  const closeUnused = (opened: Opened): void => {
    // What an ended connection says on its way out concerns no request any more.
    if (opened.isReplaced && opened.users === 0)
      void Promise.resolve(opened.register.close()).catch(() => undefined);
  };
  const replace = (): void => {
    if (current === undefined) return;
    current.isReplaced = true;
    closeUnused(current);
    current = undefined;
  };
  const withRegister = async <R>(work: (register: LeaseRegister) => Promise<R>): Promise<R> => {
    const access = await read();
    if (isClosed) throw new Failure("Cancelled", `${id} was closed`, { where: id });
    const key = JSON.stringify(access);
    if (current?.key !== key) {
      const register = open(access);
      replace();
      current = { key, register, users: 0, isReplaced: false };
    }
    const opened = current;
    opened.users += 1;
    try {
      return await work(opened.register);
    } finally {
      opened.users -= 1;
      closeUnused(opened);
    }
  };
  return {
    id,
    read: (slot, signal) => withRegister((register) => register.read(slot, signal)),
    cas: (slot, expectedRev, record, signal) =>
      withRegister((register) => register.cas(slot, expectedRev, record, signal)),
    close() {
      isClosed = true;
      replace();
    },
  };
}
