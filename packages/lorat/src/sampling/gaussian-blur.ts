/** Box blurs in each direction. */
const PASSES = 3;
/** Weights are whole numbers of 1 / 2^24, so that their products with bytes just fit into 32 bits. */
const UNIT = 2 ** 24;
const HALF = 2 ** 23;

/** A box of `2 * whole + 1` pixels of weight `inner`, and one of weight `outer` on either side. */
interface Box {
  readonly whole: number;
  readonly inner: number;
  readonly outer: number;
}

/**
 * PIL's Gaussian blur of one 8-bit plane, in place: three box blurs of fractional radius in each direction, in 24-bit fixed
 * point and rounded to 8 bits after each (specification 3.5; Gwosdek et al., "Theoretical foundations of Gaussian
 * convolution by extended box filtering", 2011).
 */
export function gaussianBlur(bytes: Uint8Array, width: number, height: number, deviation: number): void {
  const box = boxOf(boxRadius(deviation));
  const scratch = [0, 1].map(() => new Uint8Array(Math.max(width, height) + 2 * (box.whole + 1)));
  const blurLine = (start: number, stride: number, count: number) => {
    if (box.whole === 0 && count >= 3) blurThrice(bytes, start, stride, count, box.inner, box.outer);
    else blurInTurn(bytes, start, stride, count, box, scratch);
  };
  for (let y = 0; y < height; y++) blurLine(y * width, 1, width);
  for (let x = 0; x < width; x++) blurLine(x, width, height);
}

/** Radius of the box whose repetition has the variance of a Gaussian; in float32, as PIL computes it. */
function boxRadius(deviation: number): number {
  const { fround } = Math;
  const radius = fround(deviation);
  const variance = fround(fround(radius * radius) / PASSES);
  const length = fround(Math.sqrt(12 * variance + 1));
  const whole = Math.floor((length - 1) / 2);
  const numerator = fround(fround(2 * whole + 1) * fround(whole * (whole + 1) - fround(3 * variance)));
  return fround(whole + fround(numerator / fround(6 * fround(variance - (whole + 1) ** 2))));
}

function boxOf(radius: number): Box {
  const whole = Math.floor(radius);
  const inner = Math.trunc(Math.fround(UNIT / Math.fround(radius * 2 + 1)));
  const outer = Math.trunc((UNIT - (2 * whole + 1) * inner) / 2);
  return { whole, inner, outer };
}

/**
 * The three passes of a box of less than three pixels, all on the way down one line: what one pass gives, the next takes
 * from a register. Most blurs of training are so small, and memory is touched once instead of three times.
 */
function blurThrice(
  line: Uint8Array,
  start: number,
  stride: number,
  count: number,
  inner: number,
  outer: number,
): void {
  // Of each pass, the last value but one and the last; edges are repeated outwards.
  let left1 = line[start]!;
  let last1 = line[start + stride]!;
  let last2 = blend(left1, left1 + last1, inner, outer);
  let left2 = last2;
  let next = line[start + 2 * stride]!;
  let first = blend(last1, left1 + next, inner, outer);
  let last3 = blend(last2, left2 + first, inner, outer);
  let left3 = last3;
  left1 = last1;
  last1 = next;
  left2 = last2;
  last2 = first;
  let out = start;
  const end = start + count * stride;
  for (let i = start + 3 * stride; i < end; i += stride) {
    next = line[i]!;
    first = blend(last1, left1 + next, inner, outer);
    const second = blend(last2, left2 + first, inner, outer);
    line[out] = blend(last3, left3 + second, inner, outer);
    out += stride;
    left1 = last1;
    last1 = next;
    left2 = last2;
    last2 = first;
    left3 = last3;
    last3 = second;
  }
  first = blend(last1, left1 + last1, inner, outer);
  let second = blend(last2, left2 + first, inner, outer);
  line[out] = blend(last3, left3 + second, inner, outer);
  left3 = last3;
  last3 = second;
  second = blend(first, last2 + first, inner, outer);
  line[out + stride] = blend(last3, left3 + second, inner, outer);
  line[out + 2 * stride] = blend(second, last3 + second, inner, outer);
}

/** The three passes of any box, one after the other in lines with room for repeated edges. */
function blurInTurn(
  line: Uint8Array,
  start: number,
  stride: number,
  count: number,
  { whole, inner, outer }: Box,
  [one, two]: readonly Uint8Array[],
): void {
  const margin = whole + 1;
  let from = one!;
  let to = two!;
  for (let i = 0; i < count; i++) from[margin + i] = line[start + i * stride]!;
  for (let pass = 0; pass < PASSES; pass++) {
    from.fill(from[margin]!, 0, margin);
    from.fill(from[margin + count - 1]!, margin + count, count + 2 * margin);
    blurOnce(from, to, count, margin, inner, outer);
    [from, to] = [to, from];
  }
  for (let i = 0; i < count; i++) line[start + i * stride] = from[margin + i]!;
}

function blurOnce(
  from: Uint8Array,
  to: Uint8Array,
  count: number,
  margin: number,
  inner: number,
  outer: number,
): void {
  const span = 2 * margin;
  let sum = 0;
  for (let i = 1; i < span; i++) sum += from[i]!;
  // `i` is the far pixel on the left, `i + span` the one on the right.
  for (let i = 0; i < count; i++) {
    const right = from[i + span]!;
    to[i + margin] = blend(sum, from[i]! + right, inner, outer);
    sum = (sum + right - from[i + 1]!) | 0;
  }
}

function blend(sum: number, far: number, inner: number, outer: number): number {
  return (((Math.imul(sum, inner) + Math.imul(far, outer)) | 0) + HALF) >>> 24;
}
