/** Who asks: by a bearer token of the configuration, or by a certificate that the authority signed (organizations are groups). */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type PeerCertificate, TLSSocket } from "node:tls";
import type { User } from "../admission/asker.ts";

export type TokenUser = User & { readonly token: string };

/** Who may do everything. */
export const administrators = "system:masters";

/** The user of a request; undefined when nothing that it shows is good. */
export function userOf(request: IncomingMessage, tokens: readonly TokenUser[]): User | undefined {
  const shown = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (shown !== undefined) return tokenUser(shown, tokens);
  const { socket } = request;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  return certificateUser(socket.getPeerCertificate());
}

function tokenUser(shown: string, tokens: readonly TokenUser[]): User | undefined {
  const sum = (text: string): Buffer => createHash("sha256").update(text).digest();
  // Compared without telling by the time how much of it was right.
  const found = tokens.find(({ token }) => timingSafeEqual(sum(shown), sum(token)));
  if (found === undefined) return undefined;
  const { token: _, ...user } = found;
  return withEverybody(user);
}

function certificateUser({ subject }: PeerCertificate): User | undefined {
  const list = (value: unknown): readonly string[] =>
    value === undefined ? [] : [value].flat().map(String);
  // Absent when no certificate was shown.
  const parts: Partial<PeerCertificate["subject"]> = subject ?? {};
  const [name] = list(parts.CN);
  return name === undefined ? undefined : withEverybody({ name, groups: list(parts.O) });
}

const withEverybody = (user: User): User => ({
  ...user,
  groups: [...user.groups, "system:authenticated"],
});

/** There are no roles in the sandbox: administrators may do everything, everybody may discover. */
export function mayDoEverything({ groups }: User): boolean {
  return groups.includes(administrators);
}
