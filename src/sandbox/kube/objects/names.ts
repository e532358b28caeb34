/** Names, labels and annotations of objects (apimachinery, util/validation). */
import { fieldAt, type KubeObject } from "./kube-object.ts";
import type { ResourceType } from "./resource-type.ts";
import { invalidValue, requiredValue, type StatusCause } from "./status-error.ts";

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const serviceLabel = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

const labelSaid =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomainSaid =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const serviceSaid =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/** Why the text is no label of RFC 1123; undefined when it is one. */
export function labelProblem(text: string): string | undefined {
  if (text.length > 63) return "must be no more than 63 characters";
  return label.test(text) ? undefined : labelSaid;
}

function nameProblem(name: string, type: ResourceType): string | undefined {
  if (type.kind === "Namespace" && !type.custom) return labelProblem(name);
  if (type.kind === "Service" && !type.custom) {
    if (name.length > 63) return "must be no more than 63 characters";
    return serviceLabel.test(name) ? undefined : serviceSaid;
  }
  if (name.length > 253) return "must be no more than 253 characters";
  return subdomain.test(name) ? undefined : subdomainSaid;
}

const labelValue = /^(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const qualifiedName =
  /^(?:[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const valueSaid =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const keySaid =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** What is wrong with the metadata of an object. */
export function metadataCauses(object: KubeObject, type: ResourceType): readonly StatusCause[] {
  const { name, labels, annotations, ownerReferences, generation } = object.metadata;
  const causes: StatusCause[] = [];
  const problem = name === undefined ? undefined : nameProblem(name, type);
  if (name === undefined || name === "")
    causes.push(requiredValue("metadata.name", "name or generateName is required"));
  else if (problem !== undefined) causes.push(invalidValue("metadata.name", name, problem));
  if (typeof generation === "number" && generation < 0)
    causes.push(
      invalidValue("metadata.generation", generation, "must be greater than or equal to 0"),
    );
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (!qualifiedName.test(key)) causes.push(invalidValue("metadata.labels", key, keySaid));
    if (value.length > 63)
      causes.push(invalidValue("metadata.labels", value, "must be no more than 63 characters"));
    else if (!labelValue.test(value))
      causes.push(invalidValue("metadata.labels", value, valueSaid));
  }
  for (const key of Object.keys(annotations ?? {}))
    if (!qualifiedName.test(key.toLowerCase()))
      causes.push(invalidValue("metadata.annotations", key, keySaid));
  for (const [index, owner] of (ownerReferences ?? []).entries()) {
    const at = `metadata.ownerReferences[${index}]`;
    for (const field of ["apiVersion", "kind", "name", "uid"])
      if (typeof fieldAt(owner, field) !== "string" || fieldAt(owner, field) === "")
        causes.push(
          invalidValue(
            `${at}.${field}`,
            "",
            `${field === "apiVersion" ? "version" : field} must not be empty`,
          ),
        );
  }
  return causes;
}
