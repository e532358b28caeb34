/** The configuration of a region's API server: one JSON file, which the sandbox writes. */
import { z } from "zod";

const path = z.string().min(1);

export const kubeConfigSchema = z.strictObject({
  /** Region; the name of everything in its kubeconfig, and of its only node. */
  cluster: z.string().min(1),
  address: z.string().min(1),
  /** 0: any free one. */
  port: z.int().min(0).max(65_535),
  /** Where the objects are kept. */
  folder: path,
  tls: z.strictObject({ certificate: path, key: path, ca: path }),
  users: z.array(
    z.strictObject({
      name: z.string().min(1),
      groups: z.array(z.string()).default([]),
      /** A file with the token and nothing else. */
      tokenFile: path,
      /** Where a kubeconfig for this user is written, readable by its owner alone. */
      kubeconfig: path.optional(),
    }),
  ),
  bookmarkEveryMs: z.int().min(10).default(10_000),
  /** Absent: nobody runs Deployments and Pods. */
  workloads: z
    .strictObject({
      /** Logs of the processes that are Pods. */
      folder: path,
      /** Programs by the image that stands for them: the command, then its arguments. */
      images: z.record(z.string(), z.array(z.string()).min(1)),
      /** Addresses of Pods, each used once at a time: the first three bytes, such as `127.10.1`. */
      podNetwork: z.string().min(1),
      firstHost: z.int().min(1).max(254),
      lastHost: z.int().min(1).max(254),
    })
    .optional(),
});

export type KubeConfig = z.infer<typeof kubeConfigSchema>;
export type WorkloadConfig = NonNullable<KubeConfig["workloads"]>;
