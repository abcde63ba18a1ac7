import type { Random } from "@lorat/core/training";

/** A value that changes smoothly with time; time is in frames. */
type Curve = (time: number) => number;

/** Wanders about 0 within about `amplitude`: three sines of incommensurable periods near `periodFrames`. */
export function wander(random: Random, amplitude: number, periodFrames: number): Curve {
  const waves = [1, 0.47, 0.23].map((share) => ({
    weight: share / 1.7,
    rate: (2 * Math.PI) / (periodFrames * share * random.uniform(0.8, 1.25)),
    phase: random.uniform(0, 2 * Math.PI),
  }));
  return (time) =>
    amplitude *
    waves.reduce((sum, { weight, rate, phase }) => sum + weight * Math.sin(rate * time + phase), 0);
}

/** 0 outside of `[from, to]`, 1 well inside, with smooth flanks of `flankFrames`. */
export function plateau(from: number, to: number, flankFrames: number): Curve {
  const rise = (t: number) => {
    const s = Math.min(Math.max(t, 0), 1);
    return s * s * (3 - 2 * s);
  };
  return (time) => rise((time - from) / flankFrames) * rise((to - time) / flankFrames);
}
