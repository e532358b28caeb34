/** The formats of strings that a CRD's schema may name; a format that Kubernetes does not know says nothing (kube-openapi, strfmt). */
import { isIP, isIPv4, isIPv6 } from "node:net";

const goDuration = /^[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$|^[-+]?0$/;

const checks: Readonly<Record<string, (value: string) => boolean>> = {
  "date-time": (value) =>
    /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[-+]\d{2}:\d{2})$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
  date: (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
  duration: (value) => goDuration.test(value),
  ipv4: isIPv4,
  ipv6: isIPv6,
  ip: (value) => isIP(value) !== 0,
  cidr: (value) => {
    const [address = "", bits = ""] = value.split("/");
    const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
    return /^\d+$/.test(bits) && Number(bits) <= most;
  },
  uri: (value) => URL.canParse(value),
  uuid: (value) => /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(value),
  byte: (value) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value),
  hostname: (value) =>
    value.length <= 253 &&
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/i.test(value),
};

/** The format itself when the value is not of it; undefined when it is, or when nobody knows the format. */
export function formatProblem(value: string, format: string): string | undefined {
  const check = Object.hasOwn(checks, format) ? checks[format] : undefined;
  return check === undefined || check(value) ? undefined : format;
}
