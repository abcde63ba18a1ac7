/** A box is right from this overlap with the truth on. */
export const RIGHT_FROM = 0.5;
