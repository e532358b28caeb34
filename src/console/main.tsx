/** Starts the console in the page; it reads what the control process that served it tells below `/v1`, and changes nothing. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./tokens.css";
import "./frame.css";
import "./card.css";
import "./topology/topology.css";
import "./drills/drills.css";

const place = document.getElementById("console");
if (place === null) throw new Error("page.html has a place for the console");
createRoot(place).render(
  <StrictMode>
    <App path={location.pathname} />
  </StrictMode>,
);
