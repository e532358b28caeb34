/**
 * Keeps Debian's PostgreSQL package from making a database cluster of its own while we install it (pg_createcluster(1),
 * `create_main_cluster` in createcluster.d): what we need is the programs, and nobody asked for a database.
 */
import { existsSync } from "node:fs";
import { mkdir, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export const clusterSettings = "/etc/postgresql-common/createcluster.d";

/** Forbids the cluster until the returned function is called; leaves nothing behind, also where the package is there already. */
export async function forbidCluster(folder = clusterSettings): Promise<() => Promise<void>> {
  const file = join(folder, "zz-sovereign-installer.conf");
  const made = [folder, dirname(folder)].filter((path) => !existsSync(path));
  await mkdir(folder, { recursive: true });
  // Written by whoever installs now; one that a crash left behind says the same.
  await writeFile(
    file,
    "# Written by `sovereign programs --install`.\ncreate_main_cluster = false\n",
  );
  return async () => {
    await rm(file, { force: true });
    // A folder that we made and that the package uses meanwhile is not empty, and stays.
    for (const path of made) await rmdir(path).catch(() => undefined);
  };
}
