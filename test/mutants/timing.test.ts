/** See mutants.ts. */
import { mutantsOf } from "./mutants.ts";

mutantsOf("timing");
