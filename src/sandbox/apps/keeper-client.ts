/** Tells the keeper of a region's PostgreSQL to start or stop it, and waits: `keeper-client <socket> start|stop`; exits 0 when it is done. */
import { connect } from "node:net";

const [path = "", order = ""] = process.argv.slice(2);
const limitMs = 90_000;

const socket = connect(path);
let answer = "";
const end = (exitCode: number, words: string): void => {
  if (words !== "") process.stderr.write(`${words}\n`);
  process.exit(exitCode);
};
socket.setEncoding("utf8");
socket.setTimeout(limitMs, () => end(1, "the keeper does not answer"));
socket.once("connect", () => socket.write(`${order}\n`));
socket.on("data", (text: string) => {
  answer += text;
});
socket.once("error", (error) => end(1, `the keeper can not be reached: ${error.message}`));
socket.once("close", () => {
  if (answer.trim() === "done") end(0, "");
  else end(1, answer.trim() || "the keeper ended the connection");
});
