/**
 * Whether the peer went on from something else while this copy did not follow: then it is no place to go on from. It is kept in a file, so
 * that the next process of the agent knows it too when the peer can not be asked any more.
 */
import type { Context } from "./valkey-context.ts";

/** Fails where the state folder can not be looked at. */
export async function isBehind({ life, server }: Context): Promise<boolean> {
  return life.isBehind || (await server.isBehind());
}

/** The peer was seen to write in a later epoch than is known here. What can not be kept now is kept at the next look. */
export async function leftBehind({ life, server }: Context): Promise<void> {
  life.isBehind = true;
  await server.setBehind(true).catch(() => undefined);
}

/** It follows the peer and was filled, or was promoted itself. Fails where that can not be kept; then it counts as behind on. */
export async function caughtUp({ life, server }: Context): Promise<void> {
  await server.setBehind(false);
  life.isBehind = false;
}
