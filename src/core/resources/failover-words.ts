/** The closed sets of words that a `FailoverGroup` is written with; agents know them by the same names. */

export const failoverModes = ["automatic", "semiAutomatic", "manual"] as const;
export type FailoverMode = (typeof failoverModes)[number];

/** What a holder does while the witness is silent; losing it never extends anybody's authority by itself (DESIGN §7.3). */
export const witnessLossPolicies = ["sticky", "peerArbiter", "fence"] as const;
export type WitnessLossPolicy = (typeof witnessLossPolicies)[number];

/** What a person may approve; each counts for this one thing (DESIGN §7.7). */
export const approvedActions = [
  "failover",
  "switchover",
  "failback",
  "takeOverWithoutWitness",
  "rearm",
] as const;
export type ApprovedAction = (typeof approvedActions)[number];

/** What a person of the roster is trusted with. */
export const approverRoles = ["sre", "dataOwner", "sovereignAdmin"] as const;
export type ApproverRole = (typeof approverRoles)[number];

type Trust = { readonly actions: readonly ApprovedAction[]; readonly mayAcceptLoss: boolean };

const moves = ["failover", "switchover", "failback"] as const;

/** Which approvals count of whom; an approval counts when one of the person's roles gives it. */
export const trustOf: Readonly<Record<ApproverRole, Trust>> = {
  sre: { actions: moves, mayAcceptLoss: false },
  dataOwner: { actions: moves, mayAcceptLoss: true },
  sovereignAdmin: { actions: approvedActions, mayAcceptLoss: true },
};

/** Whether one of the roles gives the action, with loss or without. */
export function mayApprove(
  roles: readonly ApproverRole[],
  action: ApprovedAction,
  lossy: boolean,
): boolean {
  return roles.some((role) => {
    const { actions, mayAcceptLoss } = trustOf[role];
    return actions.includes(action) && (mayAcceptLoss || !lossy);
  });
}

/** What a person may order an agent to do, signed like an approval (ADR 35). */
export const orderedWishes = [
  "arm",
  "disarm",
  "rearm",
  "switchover",
  "takeOver",
  "closeRound",
] as const;
export type OrderedWish = (typeof orderedWishes)[number];

/** Which orders an agent takes of whom. A `dataOwner` gives none: that role only says what may be lost. */
export const ordersOf: Readonly<Record<ApproverRole, readonly OrderedWish[]>> = {
  sre: ["arm", "disarm", "switchover"],
  dataOwner: [],
  sovereignAdmin: orderedWishes,
};

/** Whether one of the roles gives the order. */
export function mayOrder(roles: readonly ApproverRole[], wish: OrderedWish): boolean {
  return roles.some((role) => ordersOf[role].includes(wish));
}

/** In the order of a week; the first is the day with which ISO 8601 begins one. */
export const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
