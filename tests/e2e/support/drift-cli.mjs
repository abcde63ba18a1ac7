// The built command line with a tracker that needs no model: the box moves one pixel right and down a frame.
// DRIFT_DELAY_MS: how long a frame takes. DRIFT_FAIL_AT: throw on the frame with this index.
import { runCommandLine } from "../../../packages/lorat/dist/cli/program.js";
import { trackCommand } from "../../../packages/lorat/dist/cli/track.js";

const delayMs = Number(process.env.DRIFT_DELAY_MS ?? 0);
const failAt = Number(process.env.DRIFT_FAIL_AT ?? -1);

async function loadDrift() {
  return {
    async start(_, first) {
      let box = first;
      return {
        async track(frame) {
          const until = performance.now() + delayMs; // busy, as a network is
          while (performance.now() < until);
          if (frame.index === failAt) throw new TypeError("a fault inside the tracker");
          box = { ...box, x: box.x + 1, y: box.y + 1 };
          const raw = { box: [box.x, box.y, box.x + box.width, box.y + box.height], score: 0.5 };
          return { box, score: 0.5, state: "tracked", raw };
        },
        dispose() {},
      };
    },
    trackAll: (frame, targets) => Promise.all(targets.map((target) => target.track(frame))),
    async dispose() {},
  };
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  track: async () => trackCommand(loadDrift),
});
