import { resolve } from "node:path";
import { nearestName } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { parseDatasetSpec } from "./spec.ts";

describe("parseDatasetSpec", () => {
  it("takes the kind before the first colon", () => {
    expect(parseDatasetSpec("lasot:/data/La:SOT")).toEqual({ kind: "lasot", path: resolve("/data/La:SOT") });
    expect(parseDatasetSpec(" coco_video:here ")).toEqual({ kind: "coco_video", path: resolve("here") });
  });

  it.each([
    ["lassot:/data", "Did you mean lasot?"],
    ["GOT-10k:/data", "Did you mean got10k?"],
    ["cocovideo:/data", "Did you mean coco_video?"],
    ["/data/LaSOT", "The kinds are"],
    ["lasot", "For example"],
    ["lasot:", "For example"],
  ])("refuses %s", (text, hint) => {
    const expected = { code: "DATASET_KIND", hint: expect.stringContaining(hint) };
    expect(() => parseDatasetSpec(text)).toThrow(expect.objectContaining(expected));
  });

  it("suggests nothing where nothing is near", () => {
    expect(nearestName("xyz", ["lasot", "otb"])).toBeUndefined();
  });
});
