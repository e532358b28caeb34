/** The parts of a kubeconfig (`v1 Config` of client-go's clientcmd/api) that we read, and those that we must not overlook. */
import { z } from "zod";

const text = z.string().max(64 * 1024);
/** client-go leaves out what is empty; people and tools write it. */
const setting = text
  .nullish()
  .transform((value) => (value === null || value === undefined || value === "" ? null : value));
const named = z.looseObject({ name: text });
const list = <Entry extends z.ZodType>(entry: Entry) =>
  z
    .array(entry)
    .nullish()
    .transform((entries) => entries ?? []);

const clusterSchema = z.looseObject({
  server: setting,
  "certificate-authority": setting,
  "certificate-authority-data": setting,
  "insecure-skip-tls-verify": z.boolean().nullish(),
  "tls-server-name": setting,
  "proxy-url": setting,
});

const userSchema = z.looseObject({
  token: setting,
  tokenFile: setting,
  "client-certificate": setting,
  "client-certificate-data": setting,
  "client-key": setting,
  "client-key-data": setting,
});

const contextSchema = z.looseObject({ cluster: text, user: setting, namespace: setting });

export const kubeconfigSchema = z.looseObject({
  kind: z.literal("Config").nullish(),
  "current-context": setting,
  clusters: list(named.extend({ cluster: clusterSchema })),
  users: list(named.extend({ user: userSchema.nullish() })),
  contexts: list(named.extend({ context: contextSchema })),
});

export type Kubeconfig = z.infer<typeof kubeconfigSchema>;
export type KubeconfigCluster = z.infer<typeof clusterSchema>;
export type KubeconfigUser = z.infer<typeof userSchema>;
