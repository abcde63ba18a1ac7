import type { AnnotationSource, FolderListing } from "../annotation-source.ts";
import {
  below,
  type FoundFolder,
  findFolders,
  isPicture,
  lastPart,
  picturesIn,
  readFlags,
  readRows,
} from "../files.ts";
import type { FrameNames } from "../frame-names.ts";
import type { DatasetReader, RawSequence, SequenceEntry } from "../raw.ts";
import { oneObject } from "../raw.ts";
import { isVideo, videoFrames } from "../video-frames.ts";

const GROUND_TRUTH = "groundtruth.txt";
const PICTURE_FOLDERS = ["img", "imgs", "images", "frames", "color"];

/**
 * People's own data, `x,y,w,h` lines counting pixels from 0: folders of pictures with a `groundtruth.txt` (and perhaps an
 * `absence.label`), up to two levels down or given themselves; one video in place of the pictures, as `lorat synth --video`
 * writes; or videos with a text file of the same name.
 */
export const folder: DatasetReader = {
  layout: `folders of pictures or one video with ${GROUND_TRUTH}, or NAME.mp4 with NAME.txt`,
  splits: [],
  async entries(source) {
    const isSequence = ({ files }: FolderListing) =>
      files.includes(GROUND_TRUTH) || videosOf({ files }).length > 0;
    const entries: SequenceEntry[] = [];
    for (const found of await findFolders(source, "", 2, isSequence)) {
      if (found.files.includes(GROUND_TRUTH)) {
        entries.push({
          name: lastPart(source, found.path),
          read: async () => [await readPictures(source, found)],
        });
      }
      if (found.files.includes(GROUND_TRUTH) && lonelyVideo(found)) continue;
      for (const { video, boxes } of videosOf(found)) {
        const path = below(found.path, video);
        const read = async () => [await readVideo(source, path, below(found.path, boxes))];
        entries.push({ name: withoutExtension(video), read });
      }
      for (const file of found.files.filter(isVideo)) {
        if (!videosOf(found).some(({ video }) => video === file))
          source.warn("videos without a text file of boxes, left out", file);
      }
    }
    return entries;
  },
};

/** Boxes and pictures of a folder with a `groundtruth.txt`. */
interface PictureFolder {
  /** `[rows, 4]`, as written. */
  readonly boxes: Float64Array;
  /** Where the pictures are. */
  readonly folder: string;
  readonly frames: FrameNames;
}

/** Reads a folder with a `groundtruth.txt`, its pictures beside it or one folder down. Throws what `readRows` throws. */
export async function readPictureFolder(
  source: AnnotationSource,
  found: FoundFolder,
): Promise<PictureFolder> {
  const boxes = await readRows(source, below(found.path, GROUND_TRUTH));
  const inside = found.folders.find((folder) => PICTURE_FOLDERS.includes(folder.toLowerCase()));
  const folder = found.files.some(isPicture) || !inside ? found.path : below(found.path, inside);
  return { boxes, folder, frames: await picturesIn(source, folder) };
}

async function readPictures(source: AnnotationSource, found: FoundFolder): Promise<RawSequence> {
  const name = lastPart(source, found.path);
  const { boxes, folder, frames } = await readPictureFolder(source, found);
  const hidden = found.files.includes("absence.label")
    ? await readFlags(source, below(found.path, "absence.label"), boxes.length / 4)
    : undefined;
  const only = lonelyVideo(found);
  if (only === undefined) return oneObject({ name, folder, frames, boxes, hidden });
  const video = below(found.path, only);
  return oneObject({
    ...(await videoFrames(source, video, boxes.length / 4)),
    name,
    folder: "",
    boxes,
    hidden,
    video,
  });
}

/** The video of a folder that has no pictures; undefined where there are several. */
function lonelyVideo({ files, folders }: FolderListing): string | undefined {
  const hasPictures =
    files.some(isPicture) || folders.some((one) => PICTURE_FOLDERS.includes(one.toLowerCase()));
  const videos = files.filter(isVideo);
  return hasPictures || videos.length !== 1 ? undefined : videos[0];
}

async function readVideo(source: AnnotationSource, video: string, boxFile: string): Promise<RawSequence> {
  const boxes = await readRows(source, boxFile);
  const { size, frames } = await videoFrames(source, video, boxes.length / 4);
  return oneObject({
    name: withoutExtension(lastPart(source, video)),
    folder: "",
    frames,
    boxes,
    size,
    video,
  });
}

function videosOf({ files }: Pick<FolderListing, "files">): { video: string; boxes: string }[] {
  const known = new Set(files);
  return files.filter(isVideo).flatMap((video) => {
    const boxes = `${withoutExtension(video)}.txt`;
    return known.has(boxes) ? [{ video, boxes }] : [];
  });
}

function withoutExtension(file: string): string {
  return file.replace(/\.[^.]*$/, "");
}
