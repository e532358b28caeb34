/** Pods as processes of this machine: the images table says which program stands for which image. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ContainerProcess } from "./container-process.ts";
import type { PodOrder, PodRunner } from "./pod-runner.ts";

export type ProcessRunnerOptions = {
  /** For the logs. */
  readonly folder: string;
  readonly images: Readonly<Record<string, readonly string[]>>;
};

/** The program of an image: by its full name, or without its tag. */
function commandOf(
  image: string,
  images: ProcessRunnerOptions["images"],
): readonly string[] | undefined {
  const untagged = image.replace(/@.*$/, "").replace(/:[^/:]+$/, "");
  const name = [image, untagged].find((one) => Object.hasOwn(images, one));
  return name === undefined ? undefined : images[name];
}

/** No name of a file is longer; the Pod's uid tells apart what is cut. */
const nameBytesMax = 255;

function logNameOf({ namespace, name, uid }: PodOrder, container: string): string {
  const whole = `${namespace}_${name}_${container}.log`;
  if (Buffer.byteLength(whole) <= nameBytesMax) return whole;
  return `${whole.slice(0, 100)}_${uid}_${container}.log`;
}

/** Runs nothing yet. */
export function processPodRunner({ folder, images }: ProcessRunnerOptions): PodRunner {
  const pods = new Map<string, readonly ContainerProcess[]>();
  const listeners: (() => void)[] = [];
  const onChange = (): void => {
    for (const listener of listeners) listener();
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const end = async (uid: string, graceMs: number): Promise<void> => {
    const containers = pods.get(uid) ?? [];
    await Promise.all(containers.map((container) => container.end(graceMs)));
    pods.delete(uid);
  };
  return {
    run(order) {
      if (pods.has(order.uid)) return;
      const containers = order.containers.map((container) => {
        const log = join(folder, logNameOf(order, container.name));
        const command = commandOf(container.image, images);
        return new ContainerProcess({ order, container, command, log, onChange });
      });
      pods.set(order.uid, containers);
    },
    states: (uid) => pods.get(uid)?.map(({ state }) => state),
    end,
    uids: () => [...pods.keys()],
    onChange: (listener) => void listeners.push(listener),
    close: async () => {
      await Promise.all([...pods.keys()].map((uid) => end(uid, 0)));
    },
  };
}
