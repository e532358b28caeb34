/** The journal of what is done to a zone itself, beside that of the control process, which may be writing its own. */
import { systemClock } from "../../adapters/clock.ts";
import { type FileJournal, openFileJournal } from "../../adapters/journal/file-journal.ts";
import type { ZoneWorld } from "./zone-world.ts";

/** The journal of everything that is done to the zone from this region. */
export function openZoneJournal({ config }: ZoneWorld): Promise<FileJournal> {
  return openFileJournal({
    folder: `${config.journal}-dns-zone`,
    stream: `dns-zone/${config.cluster}`,
    clock: systemClock,
  });
}
