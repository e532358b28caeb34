/** What may follow the configuration's path on the watchdog's command line. */

/** It fences and ends: whatever was before it was killed, and may have left something unfenced. */
export const lastRun = "fence-and-end";
