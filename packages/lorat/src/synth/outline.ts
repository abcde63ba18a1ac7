import type { Random } from "@lorat/core/training";

/** A closed outline round the origin: its radius in each direction, about 1. */
export type Outline = (angleRad: number) => number;

/** Invents an outline: rounded box, polygon, wavy blob or star. */
export function inventOutline(random: Random): Outline {
  switch (random.weighted([3, 2, 4, 1])) {
    case 0:
      return superellipse(random.logUniform(1.6, 8));
    case 1:
      return polygon(random);
    case 2:
      return wavy(random);
    default:
      return star(random);
  }
}

/** Lamé's curve: 2 is a circle, larger exponents come near a square. */
function superellipse(exponent: number): Outline {
  return (angle) =>
    (Math.abs(Math.cos(angle)) ** exponent + Math.abs(Math.sin(angle)) ** exponent) ** (-1 / exponent);
}

function polygon(random: Random): Outline {
  const corners = 3 + random.integer(5);
  const step = (2 * Math.PI) / corners;
  const turn = random.uniform(0, 2 * Math.PI);
  return (angle) => {
    const within = (((angle - turn) % step) + step) % step;
    return Math.cos(step / 2) / Math.cos(within - step / 2);
  };
}

function wavy(random: Random): Outline {
  const waves = Array.from({ length: 4 }, (_, k) => ({
    count: k + 2,
    height: random.normal(0, 0.22 / (k + 1)),
    phase: random.uniform(0, 2 * Math.PI),
  }));
  return (angle) => {
    const radius = waves.reduce(
      (sum, { count, height, phase }) => sum + height * Math.cos(count * angle + phase),
      1,
    );
    return Math.max(radius, 0.3);
  };
}

function star(random: Random): Outline {
  const points = 4 + random.integer(5);
  const depth = random.uniform(0.15, 0.45);
  const phase = random.uniform(0, 2 * Math.PI);
  return (angle) => 1 - depth * (0.5 + 0.5 * Math.cos(points * angle + phase));
}
