/** Whoever listens to a link. */

export type Listeners<T> = {
  /** Gives everything that is told, until the returned function is called. */
  listen(take: (one: T) => void): () => void;
  tell(one: T): void;
};

/** Nobody listens yet; what is told meanwhile is lost. */
export function listeners<T>(): Listeners<T> {
  const all = new Set<{ readonly take: (one: T) => void }>();
  return {
    listen(take) {
      const listener = { take };
      all.add(listener);
      return () => {
        all.delete(listener);
      };
    },
    tell(one) {
      for (const { take } of [...all]) take(one);
    },
  };
}
