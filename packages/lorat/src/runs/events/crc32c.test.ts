import { describe, expect, it } from "vitest";
import { crc32c } from "./event.ts";

describe("crc32c", () => {
  it("gives the check value of the catalogues", () => {
    expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  // The examples of RFC 3720, appendix B.4.
  it.each([
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 bytes of ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["0 to 31", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["31 to 0", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ])("gives the RFC's value for %s", (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });
});
