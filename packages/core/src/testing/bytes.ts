/** Little-endian bytes for files that tests build by hand. */

export const u16 = (value: number): Uint8Array => integer(value, 2);
export const u32 = (value: number): Uint8Array => integer(value, 4);
export const u64 = (value: number): Uint8Array => integer(value, 8);
export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.byteLength;
  }
  return out;
}

/** The bytes behind a typed array. */
export function rawBytes(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();
}

function integer(value: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let rest = BigInt(value);
  for (let i = 0; i < length; i++) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return out;
}
