// The watch over the ranks of a job: a process of its own, since a launcher that sees one rank die kills all others at once, and
// says which one it was in its own way or not at all. It ends by itself when the ranks have ended.
import { writeSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import {
  awakeClock,
  BEAT_MS,
  type FromWatch,
  GRACE_MS,
  lines,
  SILENCE_MS,
  type ToWatch,
  type WatchJob,
} from "./watch-messages.ts";

interface Member {
  readonly rank: number;
  readonly pid: number;
  readonly host: string;
  readonly remote: boolean;
  readonly socket: Socket;
  heardMs: number;
}

const job = JSON.parse(process.argv[2]!) as WatchJob;
const members = new Map<number, Member>();
const done = new Set<number>();
let isOver = false;
const clock = awakeClock(BEAT_MS);

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});
const tell = (socket: Socket, message: FromWatch) => socket.write(`${JSON.stringify(message)}\n`);

function lose({ rank, pid, host }: Member, how: string): void {
  if (isOver) return;
  isOver = true;
  const text = `error[RANK_LOST]: rank ${rank} of ${job.ranks} (process ${pid} on ${host}) ${how}, which ends the others\n  hint: what is saved stays; go on from there: lorat train with --resume, lorat eval with the same command\n`;
  try {
    writeSync(2, text);
  } catch {
    // Nobody reads any more.
  }
  for (const { socket } of members.values()) tell(socket, { kind: "lost", message: text });
  setTimeout(() => process.exit(1), GRACE_MS + 2000);
}

function leave(member: Member): void {
  members.delete(member.rank);
  done.add(member.rank);
  if (members.size === 0 && (isOver || done.size === job.ranks)) setTimeout(() => process.exit(0), 100);
}

const server = createServer((socket) => {
  let member: Member | undefined;
  socket.setEncoding("utf8");
  socket.setNoDelay(true);
  socket.on("error", () => {});
  const hear = (line: string) => {
    const message = JSON.parse(line) as ToWatch;
    if (message.kind === "here") {
      if (message.token !== job.token) return socket.destroy();
      const { kind: _, token: __, ...own } = message;
      member = { ...own, socket, heardMs: clock() };
      members.set(member.rank, member);
      tell(socket, { kind: "noted" });
      return;
    }
    if (!member) return;
    member.heardMs = clock();
    if (message.kind === "failed") isOver = true;
    if (message.kind !== "beat") {
      if (message.kind === "bye") done.add(member.rank);
      tell(socket, { kind: "noted" });
    }
  };
  socket.on(
    "data",
    lines((line) => {
      try {
        hear(line);
      } catch {
        socket.destroy();
      }
    }),
  );
  socket.on("close", () => {
    if (!member) return;
    if (!done.has(member.rank)) lose(member, "ended in the middle of the work");
    leave(member);
  });
});
server.listen(0, job.listen, () => {
  const { port } = server.address() as { port: number };
  writeSync(1, `${port}\n`);
});

// Ranks that never come are the launcher's to tell; without any, nothing is left to do.
const began = clock();
setInterval(() => {
  const now = clock();
  if (members.size === 0 && now - began > 60_000) process.exit(0);
  for (const member of members.values()) {
    tell(member.socket, { kind: "beat" });
    if (member.remote && now - member.heardMs > SILENCE_MS) {
      lose(member, `has not been heard of for ${Math.round((now - member.heardMs) / 1000)} s`);
    }
  }
}, BEAT_MS);
