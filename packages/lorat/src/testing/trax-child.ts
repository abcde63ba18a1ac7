/**
 * A tracker's process for tests, written against the protocol's text alone. Run as JavaScript with a way to behave:
 * `v1` and `v4` track (one pixel right a frame), the others misbehave.
 */
export const TRAX_CHILD = `
const { createInterface } = require("node:readline");
const { connect } = require("node:net");
const how = process.argv[2];
const port = process.env.TRAX_SOCKET;
const stream = port ? connect(Number(port), "127.0.0.1") : undefined;
const say = (line) => (stream ?? process.stdout).write(line + "\\n");
const hello = (more) => say('@@TRAX:hello "trax.name=child ' + how + '" ' + more);
console.error("noise of the tracker");
if (how === "dies") process.exit(7);
if (how === "silent") setInterval(() => {}, 1000);
else if (how === "garbled") say("@@TRAX:hello \\"trax.version=1");
else if (how === "url") hello('"trax.image=url;"');
else if (how === "depth") hello('"trax.version=2" "trax.channels=color;depth;"');
else if (how === "v4") hello('"trax.version=4" "trax.image=path;" "trax.region=polygon;mask;" "trax.channels=color;"');
else if (how === "buffer") hello('"trax.version=3" "trax.image=buffer;" "trax.region=mask;"');
else hello("");
let x = 0, frames = 0, regions = [];
createInterface({ input: stream ?? process.stdin }).on("line", (line) => {
  const [, type, rest] = /^@@TRAX:(\\w+) ?(.*)$/.exec(line);
  const args = [...rest.matchAll(/"([^"]*)"/g)].map((m) => m[1]);
  console.error(line.slice(0, 60));
  if (type === "quit") process.exit(0);
  if (how === "stubborn") { process.on("SIGTERM", () => {}); return; }
  if (how === "quits") { say('@@TRAX:quit "trax.reason=tired of it"'); process.exit(0); }
  if (how === "nonsense") return say('@@TRAX:state "a,b,c"');
  if (how === "wrong") return say('@@TRAX:initialize "1,2,3,4"');
  if (type === "initialize") {
    const region = args.at(-1);
    if (region !== undefined) regions.push(region); else regions = [];
    x = 0;
    if (args.length === 2) say('@@TRAX:state "' + region + '" ');
    return;
  }
  frames++;
  if (x === 0 && how === "v4") { x++; return say('@@TRAX:state "' + regions.at(-1) + '" '); }
  if (how === "v1" && frames === 2) return say('@@TRAX:state "0" ');
  x++;
  say("between the lines");
  say('@@TRAX:state "' + x + ',5,10,10" "confidence=0.75" "other=x" ');
}).on("close", () => { if (how !== "stubborn") process.exit(0); });
if (how === "stubborn") { process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); }
`;
