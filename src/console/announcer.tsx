/** The one live region: what the title says is read out when it changes, and at most every few seconds. */
import { type ReactNode, useEffect, useRef, useState } from "react";

const quietMs = 3_000;

/** Reads `text` out when it changed and stayed for a moment; never at the first time, when the page is read anyway. */
export function Announcer({ text }: { readonly text: string }): ReactNode {
  const [said, setSaid] = useState("");
  const known = useRef("");
  useEffect(() => {
    if (text === known.current) return;
    const timer = setTimeout(
      () => {
        if (known.current !== "") setSaid(text);
        known.current = text;
      },
      known.current === "" ? 0 : quietMs,
    );
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <p className="sr" role="status">
      {said}
    </p>
  );
}
