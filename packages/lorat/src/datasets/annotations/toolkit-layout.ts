import type { AnnotationSource, FolderListing } from "../annotation-source.ts";
import { below } from "../files.ts";

/** Where a benchmark's toolkit keeps its annotation; paths relative to the source. */
export interface ToolkitLayout {
  /** Path of its boxes by sequence. */
  readonly boxes: ReadonlyMap<string, string>;
  /** The same for flags of absence and for attributes; empty where there are none. */
  readonly absent: ReadonlyMap<string, string>;
  readonly attributes: ReadonlyMap<string, string>;
  /** One file with the attributes of all sequences. */
  readonly attributeList?: string;
  /** File that names the sequences to score. */
  readonly sequenceList?: string;
}

const BOXES = ["annos/gt_rect", "gt_rect", "annos", "anno/UAV123", "anno"];
const ABSENT = ["absent", "annos/absent"];
const ATTRIBUTES = ["attributes", "att", "annos/att", "annos/attributes", "anno/UAV123/att", "anno/att"];
const LIST = /^(testing_set|sequences|.*_testing_set)\.txt$/i;
const ATTRIBUTE_LIST = /^attributes.*\.txt$/i;

/**
 * Finds the flat layout of the benchmarks' toolkits: a folder with `NAME.txt` for each sequence (`annos`, `annos/gt_rect`,
 * `anno/UAV123`, …), `absent/NAME.txt`, `attributes/NAME.txt` or `att/NAME_attribute.txt` or one list of attributes, and a
 * list of the sequences; at the top or one folder down. Undefined where there is no such layout.
 */
export async function findToolkitLayout(source: AnnotationSource): Promise<ToolkitLayout | undefined> {
  const top = await source.list("");
  if (!top) return undefined;
  const names = new Set(top.folders);
  const inside = [...names].filter((name) => !BOXES.includes(name)).slice(0, 20);
  for (const base of ["", ...inside]) {
    const listing = base === "" ? top : await source.list(base);
    if (!listing?.folders.some((name) => BOXES.some((path) => path.split("/")[0] === name))) continue;
    const boxes = await firstWithTexts(source, base, BOXES);
    if (boxes) return describe(source, base, listing, boxes);
  }
  return undefined;
}

async function describe(
  source: AnnotationSource,
  base: string,
  listing: FolderListing,
  boxes: ReadonlyMap<string, string>,
): Promise<ToolkitLayout> {
  const list = listing.files.find((file) => LIST.test(file));
  const attributeList = listing.files.find((file) => ATTRIBUTE_LIST.test(file));
  return {
    boxes,
    absent: (await firstWithTexts(source, base, ABSENT)) ?? new Map(),
    attributes: (await firstWithTexts(source, base, ATTRIBUTES)) ?? new Map(),
    attributeList: attributeList && below(base, attributeList),
    sequenceList: list && below(base, list),
  };
}

/** `NAME.txt` and `NAME_attribute.txt` of the first folder that holds some, by name. */
async function firstWithTexts(
  source: AnnotationSource,
  base: string,
  folders: readonly string[],
): Promise<Map<string, string> | undefined> {
  for (const folder of folders) {
    const path = below(base, folder);
    const files = (await source.list(path))?.files.filter((file) => /\.txt$/i.test(file) && !LIST.test(file));
    if (!files || files.length === 0) continue;
    return new Map(files.map((file) => [file.replace(/(_attribute)?\.txt$/i, ""), below(path, file)]));
  }
  return undefined;
}
