/** The dimensions that names are composed of, with their one-letter codes (NAMING-CONVENTION §2). */

export type Dimension = { readonly title: string; readonly letter: string };

export const providers: Readonly<Record<string, Dimension>> = {
  hz: { title: "Hetzner", letter: "h" },
  hw: { title: "Huawei Cloud", letter: "w" },
  oci: { title: "OCI", letter: "o" },
  aws: { title: "AWS", letter: "a" },
  gcp: { title: "GCP", letter: "g" },
  az: { title: "Azure", letter: "z" },
  ct: { title: "Contabo", letter: "c" },
};

/** Regions are scoped by provider; a region never takes the letter of its own provider. */
export const regions: Readonly<Record<string, Readonly<Record<string, Dimension>>>> = {
  hz: {
    fsn: { title: "Falkenstein", letter: "f" },
    nbg: { title: "Nuremberg", letter: "n" },
    hel: { title: "Helsinki", letter: "l" },
    ash: { title: "Ashburn", letter: "a" },
    hil: { title: "Hillsboro", letter: "i" },
    sin: { title: "Singapore", letter: "s" },
  },
  hw: {
    apse: { title: "Singapore", letter: "p" },
    cnn: { title: "Beijing", letter: "c" },
    las: { title: "São Paulo", letter: "q" },
    mer: { title: "Riyadh", letter: "r" },
  },
  oci: {
    dxb: { title: "Dubai", letter: "x" },
    fra: { title: "Frankfurt", letter: "r" },
    sg: { title: "Singapore", letter: "g" },
    iad: { title: "Ashburn", letter: "d" },
    syd: { title: "Sydney", letter: "y" },
  },
  ct: { eu: { title: "Europe", letter: "e" } },
};

export const buildingBlocks: Readonly<Record<string, Dimension>> = {
  rtz: { title: "restricted trust zone", letter: "r" },
  dmz: { title: "edge", letter: "d" },
  mgt: { title: "management", letter: "m" },
};

export const envTypes: Readonly<Record<string, Dimension>> = {
  prod: { title: "production", letter: "p" },
  stg: { title: "staging", letter: "s" },
  uat: { title: "user acceptance", letter: "u" },
  dev: { title: "development", letter: "d" },
  poc: { title: "proof of concept", letter: "c" },
};
