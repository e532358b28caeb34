/** The data services of a region as its agent has them: fenced all at once, promoted by name, measured together (ADR 27). */
import type { ServiceFacts } from "../../core/failover/facts.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { DataService, ServiceReading } from "./data-service.ts";
import type { DataServices } from "./ports.ts";

/** Services whose names differ. */
export function severalServices(services: readonly DataService[]): DataServices {
  return {
    fence: (because, signal) => all(services, (service) => service.fence(because, signal)),
    async promote(name, epoch, signal) {
      const service = services.find((one) => one.name === name);
      if (service === undefined) {
        throw new Failure("NotFound", `no data service here is named ${name}`, { where: name });
      }
      await service.promote(epoch, signal);
    },
    setSync: (sync, signal) => all(services, (service) => service.setSync(sync, signal)),
    async measure(signal) {
      const readings = await Promise.all(
        services.map((service) =>
          service.measure(signal).catch((thrown: unknown) => unknownOf(service.name, thrown)),
        ),
      );
      return {
        services: readings.map(({ facts }) => facts),
        notReady: readings.flatMap(({ notReady }) => notReady),
      };
    },
  };
}

/** Asks every service, also after one failed; fails with the first failure, which tells of the others. */
async function all(
  services: readonly DataService[],
  ask: (service: DataService) => Promise<void>,
): Promise<void> {
  const outcomes = await Promise.allSettled(services.map(ask));
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === "rejected"
      ? [Failure.from(outcome.reason, services[index]?.name ?? "a data service")]
      : [],
  );
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1) throw first;
  const words = failures.map(({ message }) => message).join("; ");
  throw new Failure(first.code, words, { cause: first });
}

/** One that can not be measured does not hide the others. */
function unknownOf(name: string, thrown: unknown): ServiceReading {
  const facts: ServiceFacts = {
    name,
    role: "unknown",
    sync: null,
    standbyReady: null,
    position: null,
    timeline: null,
    ready: false,
  };
  return { facts, notReady: [`${name}: ${Failure.from(thrown, name).message}`] };
}
