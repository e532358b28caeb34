/** Starts the console in the page; it reads `/v1/topology` of the control process that served it, and changes nothing. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./tokens.css";
import "./frame.css";
import "./card.css";
import "./topology/topology.css";

const place = document.getElementById("console");
if (place === null) throw new Error("page.html has a place for the console");
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
