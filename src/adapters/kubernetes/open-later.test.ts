import { expect, test } from "vitest";
import type { KubernetesApi } from "../../control/kubernetes/kubernetes-api.ts";
import type { Code } from "../../core/kernel/codes.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { unheard } from "./kube-call.ts";
import { type OpenedLater, openLater } from "./open-later.ts";

const good = { major: 1, minor: 31, gitVersion: "v1.31.0" };
const notTrusted = unheard(
  "fsn",
  { isSent: false, because: "CERT_HAS_EXPIRED" },
  { isWrite: false, signal: undefined },
);
const silent = unheard(
  "fsn",
  { isSent: false, because: "ECONNREFUSED" },
  { isWrite: false, signal: undefined },
);

/** FAKE: what is opened, one after the other; each answers by its own function. */
function server(...answers: readonly (() => ReturnType<KubernetesApi["version"]>)[]) {
  const seen = { opened: 0, closed: [] as number[] };
  const unused = openLater("unused", () => Promise.reject(new Failure("ConfigInvalid", "unused")));
  const open = (): Promise<OpenedLater> => {
    const which = seen.opened;
    seen.opened += 1;
    const version = answers[which] ?? (() => Promise.reject(new Error("one too many")));
    return Promise.resolve({
      api: { ...unused.api, version },
      close: () => void seen.closed.push(which),
    });
  };
  return { seen, open };
}

const failing = (failure: Failure) => () => Promise.reject(failure);
const answering = () => Promise.resolve(good);

test.each<[string, Failure]>([
  ["a refused credential", new Failure("KubernetesUnauthorized", "no")],
  ["a credential that is gone", new Failure("CredentialUnreadable", "no file")],
  ["a server that is not trusted", notTrusted],
])(
  "after %s the next request reads the kubeconfig again, and the old way is closed",
  async (_, failure) => {
    const { seen, open } = server(failing(failure), answering);
    const { api } = openLater("fsn", open);
    await expect(api.version()).rejects.toBe(failure);
    expect(await api.version()).toEqual(good);
    expect(await api.version()).toEqual(good);
    expect(seen).toEqual({ opened: 2, closed: [0] });
  },
);

test.each<[string, Failure]>([
  ["is silent", silent],
  ["refuses such a request", new Failure("KubernetesRefused" satisfies Code, "no")],
])("a server that %s is asked on by the same way", async (_, failure) => {
  const { seen, open } = server(failing(failure), answering);
  const { api } = openLater("fsn", open);
  await expect(api.version()).rejects.toBe(failure);
  await expect(api.version()).rejects.toBe(failure);
  expect(seen).toEqual({ opened: 1, closed: [] });
});

test("what others still ask by a way that was turned away is not cut off", async () => {
  let answer = (): void => undefined;
  let asked = 0;
  const refused = new Failure("KubernetesUnauthorized", "no");
  const first = () => {
    asked += 1;
    if (asked === 2) return Promise.reject(refused);
    return new Promise<typeof good>((resolve) => {
      answer = () => resolve(good);
    });
  };
  const { seen, open } = server(first, answering);
  const { api } = openLater("fsn", open);
  const slow = api.version();
  await expect(api.version()).rejects.toBe(refused);
  expect(await api.version()).toEqual(good);
  expect(seen).toEqual({ opened: 2, closed: [] });
  answer();
  expect(await slow).toEqual(good);
  await expect.poll(() => seen.closed).toEqual([0]);
});

test("one that is open already is used first, and the one in use is closed at the end", async () => {
  const { seen, open } = server(failing(new Failure("KubernetesUnauthorized", "no")), answering);
  const later = openLater("fsn", open, await open());
  await expect(later.api.version()).rejects.toMatchObject({ code: "KubernetesUnauthorized" });
  expect(await later.api.version()).toEqual(good);
  later.close();
  await expect.poll(() => seen).toEqual({ opened: 2, closed: [0, 1] });
});

test("what could not be opened is opened with the next request", async () => {
  let tries = 0;
  const { open } = server(answering);
  const { api } = openLater("fsn", () => {
    tries += 1;
    return tries === 1 ? Promise.reject(new Failure("ConfigInvalid", "torn")) : open();
  });
  await expect(api.version()).rejects.toMatchObject({ code: "ConfigInvalid" });
  expect(await api.version()).toEqual(good);
});
