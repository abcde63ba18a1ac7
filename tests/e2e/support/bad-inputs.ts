/** One situation of the list of bad inputs. */
export interface BadInput {
  readonly n: number;
  readonly input: string;
  /** Code of the error, or what is done instead. */
  readonly code: string;
  /** Exit status of the command; 0 where the input is handled. */
  readonly status: number;
  /** Test that holds it, and a text of that test; else the command below is run. */
  readonly held?: readonly [file: string, text: string];
  /** Arguments of `lorat`, `VIDEO` and `DIR` standing for a good video and for the folder of made-up inputs. */
  readonly run?: string;
}

const unit = "packages/lorat/src/";
const core = "packages/core/src/";
const reader = `${unit}media/video-reader.test.ts`;
const foreign = `${unit}media/foreign-files.test.ts`;
const labels = `${unit}datasets/readers/labels.test.ts`;
const score = `${unit}cli/score.test.ts`;
const bad = `${unit}datasets/bad-input.test.ts`;
const track = "tests/e2e/track-cli.test.ts";
const resume = `${unit}train/resume.test.ts`;

export const BAD_INPUTS: readonly BadInput[] = [
  { n: 1, input: "zero-byte file", code: "VIDEO_EMPTY", status: 1, run: "track DIR/empty.mp4 --box 1,1,9,9" },
  {
    n: 2,
    input: "wrong extension",
    code: "VIDEO_NOT_RECOGNISED",
    status: 1,
    run: "track DIR/text.mp4 --box 1,1,9,9",
  },
  {
    n: 3,
    input: "truncated JPEG or PNG",
    code: "IMAGE_DECODE_FAILED",
    status: 1,
    run: "track DIR/cut --box 1,1,9,9",
  },
  {
    n: 4,
    input: "huge dimensions (a bomb of pixels)",
    code: "IMAGE_DECODE_FAILED",
    status: 1,
    run: "track DIR/bomb --box 1,1,9,9",
  },
  {
    n: 5,
    input: "16-bit, grey, alpha, EXIF-rotated pictures",
    code: "read, rotation said",
    status: 0,
    held: [foreign, "12-bit data"],
  },
  { n: 6, input: "animated file", code: "read frame by frame", status: 0, held: [foreign, "writes GIF"] },
  {
    n: 7,
    input: "MP4 without its index, cut or flipped",
    code: "VIDEO_TRUNCATED, VIDEO_DECODE_FAILED",
    status: 1,
    held: [reader, "names the frame at which a cut file ends"],
  },
  {
    n: 8,
    input: "sound alone",
    code: "VIDEO_NO_TRACK",
    status: 1,
    held: [reader, "says that there is only sound"],
  },
  {
    n: 9,
    input: "zero frames, one frame",
    code: "FRAME_RANGE",
    status: 1,
    run: "track VIDEO --box 1,1,9,9 --start 5000",
  },
  {
    n: 10,
    input: "varying rate, edit lists, B-frames, first time not zero, rotation",
    code: "frame k as ffmpeg decodes it",
    status: 0,
    held: [foreign, "cut-both-ends.mp4"],
  },
  {
    n: 11,
    input: "size that changes within a video or folder",
    code: "IMAGE_SIZE_CHANGED",
    status: 1,
    run: "track DIR/sizes --box 1,1,9,9",
  },
  {
    n: 12,
    input: "unknown codec or container",
    code: "VIDEO_NOT_RECOGNISED",
    status: 1,
    run: "track DIR/text.mkv --box 1,1,9,9",
  },
  {
    n: 13,
    input: "camera that is not there",
    code: "INPUT_NOT_FOUND",
    status: 1,
    run: "track DIR/video0 --box 1,1,9,9",
  },
  {
    n: 14,
    input: "missing, doubled, stray or unnaturally sorted pictures",
    code: "IMAGES_FRAME_MISSING",
    status: 1,
    run: "track DIR/gap --box 1,1,9,9",
  },
  {
    n: 15,
    input: "video longer than memory",
    code: "memory stays flat",
    status: 0,
    held: [track, "keeps memory flat on a long clip"],
  },
  {
    n: 16,
    input: "NaN, infinite, empty or negative boxes",
    code: "BOX_MALFORMED",
    status: 2,
    run: "track VIDEO --box nan,1,9,9",
  },
  {
    n: 17,
    input: "box of zero or one pixel",
    code: "BOX_EMPTY",
    status: 2,
    run: "track VIDEO --box 1,1,0,9",
  },
  {
    n: 18,
    input: "box outside of the picture",
    code: "BOX_OUTSIDE",
    status: 1,
    run: "track VIDEO --box 9000,1,9,9",
  },
  {
    n: 19,
    input: "box larger than the picture",
    code: "clipped, tracked",
    status: 0,
    run: "track VIDEO --box -50,-50,900,900 --end 3",
  },
  {
    n: 20,
    input: "two corners given as x,y,w,h",
    code: "scored as written, said",
    status: 0,
    held: [score, "scores files as they are written"],
  },
  {
    n: 21,
    input: "separators, byte-order mark, line ends, headings, polygons",
    code: "read, or RESULT_DECIMAL_COMMA",
    status: 0,
    held: [score, "reads results as the usual trackers write them"],
  },
  {
    n: 22,
    input: "rows that are not as many as frames",
    code: "DATASET_LENGTH",
    status: 1,
    held: [score, "DATASET_LENGTH"],
  },
  {
    n: 23,
    input: "truth on some frames alone",
    code: "DATASET_FRAMES where unclear",
    status: 1,
    held: [labels, "says which of CVAT's boxes have no picture"],
  },
  {
    n: 24,
    input: "target absent in all frames",
    code: "named under the table",
    status: 0,
    held: [score, "names every sequence that scored nothing"],
  },
  {
    n: 25,
    input: "pixels counted from 0 or 1",
    code: "--first-pixel, never guessed",
    status: 0,
    held: [score, "--first-pixel"],
  },
  {
    n: 26,
    input: "files of absence that are missing",
    code: "a warning",
    status: 0,
    held: [bad, "counts all LaSOT frames as visible where flags are missing"],
  },
  {
    n: 27,
    input: "black or constant frames",
    code: "tracked, finite",
    status: 0,
    run: "track DIR/black --box 1,1,9,9",
  },
  {
    n: 28,
    input: "target that leaves",
    code: "box inside, bounded",
    status: 0,
    held: [`${core}tracking/redetect.test.ts`, "never reports a box larger than the target was"],
  },
  {
    n: 29,
    input: "NaN logits or scores",
    code: "passed over",
    status: 0,
    held: [`${core}tracking/postprocess.test.ts`, "passes over NaN logits"],
  },
  {
    n: 30,
    input: "search region that is no box",
    code: "stays where it was",
    status: 0,
    held: [`${core}tracking/postprocess.test.ts`, "stays on empty, inverted, NaN and outside boxes"],
  },
  {
    n: 31,
    input: "track before start, after dispose",
    code: "TARGET_DISPOSED",
    status: 1,
    held: [`${core}tracking/tracker.test.ts`, "and what was disposed"],
  },
  {
    n: 32,
    input: "frame of another size or form",
    code: "FRAME_SIZE, FRAME_FORM",
    status: 1,
    held: [`${core}geometry/frame.test.ts`, "floats from 0 to 1"],
  },
  {
    n: 33,
    input: "cancelled midway",
    code: "finished part kept",
    status: 130,
    held: [track, "finishes cleanly on Ctrl-C"],
  },
  {
    n: 34,
    input: "device lost",
    code: "DEVICE_LOST after one more try",
    status: 1,
    held: [`${core}tracking/renewable-session.test.ts`, "for good is DEVICE_LOST"],
  },
  {
    n: 35,
    input: "safetensors: lengths, overlaps, doubled keys, other types",
    code: "SAFETENSORS_*",
    status: 1,
    held: [
      `${core}weights/safetensors.test.ts`,
      "never throws anything but its own errors, whatever the bytes",
    ],
  },
  {
    n: 36,
    input: "pickle with foreign globals, bombs, deep nesting",
    code: "PICKLE_*",
    status: 1,
    held: [`${core}weights/pickle.test.ts`, "PICKLE_FORBIDDEN_GLOBAL"],
  },
  {
    n: 37,
    input: "zip bomb, paths that climb out, links, doubles, encryption",
    code: "ARCHIVE_*, ZIP_*",
    status: 1,
    held: [`${unit}files/archive/open-tree.test.ts`, "ARCHIVE_UNSAFE_NAME"],
  },
  {
    n: 38,
    input: "weights with keys missing, too many, of other shapes",
    code: "WEIGHTS_NAMES, WEIGHTS_SHAPE",
    status: 1,
    held: [`${core}weights/validate.test.ts`, "reports everything at once"],
  },
  {
    n: 39,
    input: "adapters merged twice, other rank or alpha",
    code: "WEIGHTS_SHAPE",
    status: 1,
    held: [`${core}weights/names.test.ts`, "sees which layers have adapters, and their rank"],
  },
  {
    n: 40,
    input: "ONNX that is none, inputs that it does not have, above 2 GB",
    code: "ONNX_FILE, ONNX_INPUT",
    status: 1,
    held: ["packages/graph/src/onnx/input-shapes.test.ts", "ONNX_"],
  },
  {
    n: 41,
    input: "web page saved as weights, address in place of a file",
    code: "INPUT_NOT_FOUND, WEIGHTS_*",
    status: 1,
    run: "track https://example.org/v.mp4 --box 1,1,9,9",
  },
  {
    n: 42,
    input: "SIGKILL at any point of training",
    code: "same losses, bit for bit",
    status: 0,
    held: ["tests/e2e/kill-and-resume.test.ts", "bit for bit"],
  },
  {
    n: 43,
    input: "SIGINT, SIGTERM",
    code: "saved, 130 or 143",
    status: 130,
    held: [`${unit}cli/train.test.ts`, "130"],
  },
  {
    n: 44,
    input: "disk full, read-only, no permission",
    code: "OUTPUT_UNWRITABLE, CHECKPOINT_WRITE",
    status: 1,
    held: ["tests/e2e/outputs.test.ts", "a full disk"],
  },
  {
    n: 45,
    input: "two runs in one folder",
    code: "RUN_LOCKED",
    status: 1,
    held: [`${unit}train/train.test.ts`, "refuses a folder in which another process trains"],
  },
  {
    n: 46,
    input: "stale lock",
    code: "taken over",
    status: 0,
    held: [resume, "takes over a lock that a crash left empty"],
  },
  {
    n: 47,
    input: "dataset that changed between runs",
    code: "DATA_CHANGED",
    status: 1,
    held: [resume, "is refused when its data or its base has changed"],
  },
  {
    n: 48,
    input: "configuration that changed on resume",
    code: "RUN_CHANGED, differences listed",
    status: 1,
    held: [`${unit}train/train.test.ts`, "a changed configuration on resume"],
  },
  {
    n: 49,
    input: "loss that is not finite",
    code: "batch saved, run stopped",
    status: 1,
    held: [resume, "has its batch saved, and stops the run"],
  },
  {
    n: 50,
    input: "worker that dies or is slow",
    code: "LOADER_*",
    status: 1,
    held: [`${unit}sampling/loader.test.ts`, "LOADER_"],
  },
  {
    n: 51,
    input: "empty dataset, one sequence",
    code: "DATASET_EMPTY",
    status: 1,
    held: [bad, "an empty dataset, in each way of being empty"],
  },
  {
    n: 52,
    input: "results partly written, unknown files, mixed formats",
    code: "RESULTS_INVALID, all listed",
    status: 1,
    held: [score, "lists several problems together"],
  },
  {
    n: 53,
    input: "sequences that are missing",
    code: "RESULTS_MISSING unless --allow-missing",
    status: 1,
    held: [score, "refuses missing sequences with their list"],
  },
  {
    n: 54,
    input: "decimal commas",
    code: "RESULT_DECIMAL_COMMA",
    status: 1,
    held: [score, "shows rows with decimal commas"],
  },
  {
    n: 55,
    input: "host that waits too long for the first frame",
    code: "TRAX_TIMEOUT",
    status: 1,
    held: [`${unit}trackers/vot/trax-client.test.ts`, "does not wait for ever"],
  },
  {
    n: 56,
    input: "unknown option, number out of range",
    code: "USAGE",
    status: 2,
    run: "track VIDEO --bax 1,1,9,9",
  },
  {
    n: 57,
    input: "output that exists",
    code: "OUTPUT_EXISTS",
    status: 1,
    run: "track VIDEO --box 1,1,9,9 --out DIR/text.mp4",
  },
  {
    n: 58,
    input: "reader that closes the pipe",
    code: "quiet end",
    status: 0,
    held: [track, "stops quietly when nobody reads on"],
  },
  { n: 59, input: "request to a server", code: "USAGE: nothing here listens", status: 2, run: "serve" },
  {
    n: 60,
    input: "no terminal, NO_COLOR, narrow terminal",
    code: "plain lines",
    status: 0,
    held: [`${unit}cli/progress.test.ts`, "prints a plain line now and then elsewhere"],
  },
];

/** The table as Markdown. */
export function badInputsTable(): string {
  const rows = BAD_INPUTS.map(({ n, input, code, status, held, run }) => {
    const test = held ? `\`${held[0]}\`: ${held[1]}` : `\`tests/e2e/bad-inputs.test.ts\`: \`lorat ${run}\``;
    return `| ${n} | ${input} | ${code} | ${status} | ${test} |`;
  });
  return ["| | input | code or outcome | exit | test |", "|---|---|---|---|---|", ...rows].join("\n");
}
