/** Colours of trackers in their order, told apart on light and dark ground. */
const COLOURS = [
  "#1f77c8",
  "#d9541e",
  "#2a9d57",
  "#b5399b",
  "#8a63d2",
  "#a37f00",
  "#0f9ba8",
  "#c42f45",
  "#6b8e23",
  "#7a6652",
];

export function colourOf(tracker: number): string {
  return COLOURS[tracker % COLOURS.length]!;
}
