/** Logins for a real etcd of a test: root, and one user who may read and write leases. */
import { expect } from "vitest";

export type AsRoot = (path: string, body: object) => Promise<void>;

/** Turns the need for logins on; the function asks as root. */
export async function requireLogin(
  endpoint: string,
  agent: { readonly user: string; readonly password: string },
): Promise<AsRoot> {
  const post = async (path: string, body: object, token = ""): Promise<unknown> => {
    const headers = token === "" ? {} : { Authorization: token };
    const init = { method: "POST", body: JSON.stringify(body), headers };
    const response = await fetch(`${endpoint}${path}`, init);
    expect(response.status, path).toBe(200);
    return response.json();
  };
  await post("/v3/auth/role/add", { name: "witness" });
  const key = Buffer.from("sovereign/lease/").toString("base64");
  const rangeEnd = Buffer.from("sovereign/lease0").toString("base64");
  const perm = { permType: "READWRITE", key, range_end: rangeEnd };
  await post("/v3/auth/role/grant", { name: "witness", perm });
  const root = { name: "root", password: "root-secret" };
  for (const [user, role] of [
    [root, "root"],
    [{ name: agent.user, password: agent.password }, "witness"],
  ] as const) {
    await post("/v3/auth/user/add", user);
    await post("/v3/auth/user/grant", { user: user.name, role });
  }
  await post("/v3/auth/enable", {});
  return async (path, body) => {
    // What `authenticate` answers, by etcd's API.
    const { token } = (await post("/v3/auth/authenticate", root)) as { readonly token: string };
    await post(path, body, token);
  };
}
