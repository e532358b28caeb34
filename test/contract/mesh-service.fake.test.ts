import { fakeMeshService } from "../../src/sim/fake-mesh-service.ts";
import { meshServiceContract } from "./mesh-service.ts";

meshServiceContract("the fake", async () => {
  const service = fakeMeshService("shop/web");
  return { service, put: async (values, manager) => service.put(values, manager) };
});
