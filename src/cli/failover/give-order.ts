/** From a wish to orders: one signed text for each region, printed, or sent to the agent that it is for. */
import type { PersonWish } from "../../core/failover/event.ts";
import { type Order, orderText, parseOrderText } from "../../core/failover/order-text.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Context } from "../command.ts";
import { checkStatement } from "./check-statement.ts";
import { type Delivered, deliver, type Letter } from "./send.ts";
import type { Settings } from "./settings.ts";
import {
  broughtBack,
  expiryOf,
  howToSign,
  newNonce,
  personOf,
  type SigningOptions,
  signed,
  textOrFailure,
} from "./signed-text.ts";
import { type AskedGroup, type AskedRegion, regionNamed } from "./two-regions.ts";

export type OrderOptions = SigningOptions & { readonly because?: string };

export type Giving = {
  readonly settings: Settings;
  readonly asked: AskedGroup;
  readonly options: OrderOptions;
  /** For the hint how to send a printed text: `sovereign failover arm`. */
  readonly command: string;
  readonly wish: PersonWish;
  readonly to: readonly AskedRegion[];
};

/** Signs and sends; undefined when the texts were printed instead. Fails with UsageInvalid, as signing does, and with Cancelled. */
export async function giveOrder(
  { io, signal }: Context,
  giving: Giving,
): Promise<readonly Delivered[] | undefined> {
  const { settings, asked, options, command, wish, to } = giving;
  const brought = await broughtBack(options);
  if (brought !== undefined) {
    const order = orderIn(brought.text, wish.kind);
    checkStatement(asked, order.region, order.wish);
    const region = regionNamed(asked, order.region);
    return deliver(asked, [{ to: region, signed: brought }], signal);
  }
  for (const { region } of to) checkStatement(asked, region, wish);
  const texts = to.map(({ region }) => ({ region, text: textFor(region, giving) }));
  if (options.print === true) {
    const bare = texts.map(({ text }) => text).join("");
    if (texts.length > 1) {
      throw new Failure("UsageInvalid", "--print gives one text: name a region", {
        remedy: "Add --region <cluster>.",
      });
    }
    io.progress(howToSign(command));
    io.result({ texts }, bare);
    return undefined;
  }
  const letters: Letter[] = [];
  // One after another: a token wants to be touched for each.
  for (const [index, { text }] of texts.entries()) {
    const region = to[index];
    if (region !== undefined)
      letters.push({ to: region, signed: await signed(text, settings, io) });
  }
  return deliver(asked, letters, signal);
}

function textFor(region: string, { settings, asked, options, wish }: Giving): string {
  const because =
    wish.kind === "disarm" ? wish.because : (options.because ?? "no reason was given");
  return textOrFailure(
    orderText({
      sovereign: asked.sovereign,
      region,
      group: asked.group,
      wish,
      because,
      expiresAtMs: expiryOf(options, Date.now()),
      nonce: newNonce(),
      person: personOf(settings),
    }),
  );
}

/** What a text from a file says; only a text of the command's own kind is sent by it. */
function orderIn(text: string, kind: PersonWish["kind"]): Order {
  const order = parseOrderText(text);
  if (!order.ok) throw new Failure("UsageInvalid", `--text is no order: ${order.because}`);
  if (order.value.wish.kind !== kind) {
    const message = `--text is the order ${order.value.wish.kind}, and this command gives ${kind}`;
    throw new Failure("UsageInvalid", message);
  }
  return order.value;
}

/** Fails with UsageInvalid unless the group's name was typed; what would be done is printed before. */
export function confirmed(
  { io }: Context,
  {
    asked,
    confirm,
    lines,
  }: {
    readonly asked: AskedGroup;
    readonly confirm: string | undefined;
    readonly lines: readonly string[];
  },
): void {
  if (confirm === asked.group) return;
  io.result({ done: false, group: asked.group, lines: [...lines] }, lines.join("\n"));
  const message =
    confirm === undefined
      ? "nothing was done"
      : `nothing was done: the group is ${asked.group}, not ${confirm}`;
  throw new Failure("UsageInvalid", message, {
    remedy: `Read what would happen; then add --confirm ${asked.group}.`,
  });
}
