/** The empty page teaches: what this is, why there is nothing, and the one document that fills it. */
import type { ReactNode } from "react";

const sovereign = `apiVersion: sre.catalyst.openova.io/v1alpha1
kind: Sovereign
metadata: { name: acme }
spec:
  domain: acme.example
  regions: [ … ]`;

const group = `apiVersion: sre.catalyst.openova.io/v1alpha1
kind: FailoverGroup
metadata: { name: ledger }
spec:
  regions: [hz-fsn-rtz-prod, hz-hel-rtz-prod]
  covers: { environments: [acme-prod] }`;

/** What to do while there is no Sovereign, or no group in it. */
export function NothingDeclared({ hasSovereign }: { readonly hasSovereign: boolean }): ReactNode {
  return (
    <div className="teach">
      <p>
        {hasSovereign
          ? "A failover group says which two regions stand by for each other, and a lease decides which of them serves. Until one is declared, health alone decides every answer, and nothing is failed over."
          : "A Sovereign is two regions that are peers, and a witness outside both. Declare it in the source of documents of this control process, and this page fills itself."}
      </p>
      <section className="card" aria-labelledby="example">
        <div className="card-head">
          <h2 id="example" className="mono">
            {hasSovereign ? "failover-group.yaml" : "sovereign.yaml"}
          </h2>
        </div>
        <pre className="code">{hasSovereign ? group : sovereign}</pre>
      </section>
      <p className="mute">
        <code>sovereign validate &lt;folder&gt;</code> checks documents before they are committed;{" "}
        <code>npm run up</code> builds a whole Sovereign of real servers on this machine.
      </p>
    </div>
  );
}
