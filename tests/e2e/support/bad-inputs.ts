/** One situation of the list of bad inputs. */
export interface BadInput {
  readonly n: number;
  readonly input: string;
  /** Code of the error, or what is done instead. */
  readonly code: string;
  /** Exit status of the command; 0 where the input is handled. */
  readonly status: number;
  /** Test that holds it, and a text of that test; else the command below is run. */
  readonly held: readonly [file: string, text: string] | undefined;
  /** Arguments of `lorat`, `VIDEO` and `DIR` standing for a good video and for the folder of made-up inputs. */
  readonly run: string | undefined;
}

/** Number, input, code or outcome, exit status, and the test: a file and a text in it, or a command. */
const TABLE = `
1 | zero-byte file | VIDEO_EMPTY | 1 | lorat track DIR/empty.mp4 --box 1,1,9,9
2 | wrong extension | VIDEO_NOT_RECOGNISED | 1 | lorat track DIR/text.mp4 --box 1,1,9,9
3 | truncated JPEG or PNG | IMAGE_DECODE_FAILED | 1 | lorat track DIR/cut --box 1,1,9,9
4 | huge dimensions (a bomb of pixels) | IMAGE_DECODE_FAILED | 1 | lorat track DIR/bomb --box 1,1,9,9
5 | 16-bit, grey, alpha, EXIF-rotated pictures | read, rotation said | 0 | packages/lorat/src/media/foreign-files.test.ts > 12-bit data
6 | animated file | read frame by frame | 0 | packages/lorat/src/media/foreign-files.test.ts > writes GIF
7 | MP4 without its index, cut or flipped | VIDEO_TRUNCATED, VIDEO_DECODE_FAILED | 1 | packages/lorat/src/media/video-reader.test.ts > names the frame at which a cut file ends
8 | sound alone | VIDEO_NO_TRACK | 1 | packages/lorat/src/media/video-reader.test.ts > says that there is only sound
9 | zero frames, one frame | FRAME_RANGE | 1 | lorat track VIDEO --box 1,1,9,9 --start 5000
10 | varying rate, edit lists, B-frames, first time not zero, rotation | frame k as ffmpeg decodes it | 0 | packages/lorat/src/media/foreign-files.test.ts > cut-both-ends.mp4
11 | size that changes within a video or folder | IMAGE_SIZE_CHANGED | 1 | lorat track DIR/sizes --box 1,1,9,9
12 | unknown codec or container | VIDEO_NOT_RECOGNISED | 1 | lorat track DIR/text.mkv --box 1,1,9,9
13 | camera that is not there | INPUT_NOT_FOUND | 1 | lorat track DIR/video0 --box 1,1,9,9
14 | missing, doubled, stray or unnaturally sorted pictures | IMAGES_FRAME_MISSING | 1 | lorat track DIR/gap --box 1,1,9,9
15 | video longer than memory | memory stays flat | 0 | tests/e2e/track-cli.test.ts > keeps memory flat on a long clip
16 | NaN, infinite, empty or negative boxes | BOX_MALFORMED | 2 | lorat track VIDEO --box nan,1,9,9
17 | box of zero or one pixel | BOX_EMPTY | 2 | lorat track VIDEO --box 1,1,0,9
18 | box outside of the picture | BOX_OUTSIDE | 1 | lorat track VIDEO --box 9000,1,9,9
19 | box larger than the picture | clipped, tracked | 0 | lorat track VIDEO --box -50,-50,900,900 --end 3
20 | two corners given as x,y,w,h | scored as written, said | 0 | packages/lorat/src/cli/score.test.ts > scores files as they are written
21 | separators, byte-order mark, line ends, headings, polygons | read, or RESULT_DECIMAL_COMMA | 0 | packages/lorat/src/cli/score.test.ts > reads results as the usual trackers write them
22 | rows that are not as many as frames | DATASET_LENGTH | 1 | packages/lorat/src/cli/score.test.ts > DATASET_LENGTH
23 | truth on some frames alone | DATASET_FRAMES where unclear | 1 | packages/lorat/src/datasets/readers/labels.test.ts > says which of CVAT's boxes have no picture
24 | target absent in all frames | named under the table | 0 | packages/lorat/src/cli/score.test.ts > names every sequence that scored nothing
25 | pixels counted from 0 or 1 | --first-pixel, never guessed | 0 | packages/lorat/src/cli/score.test.ts > --first-pixel
26 | files of absence that are missing | a warning | 0 | packages/lorat/src/datasets/bad-input.test.ts > counts all LaSOT frames as visible where flags are missing
27 | black or constant frames | tracked, finite | 0 | lorat track DIR/black --box 1,1,9,9
28 | target that leaves | box inside, bounded | 0 | packages/core/src/tracking/redetect.test.ts > never reports a box larger than the target was
29 | NaN logits or scores | passed over | 0 | packages/core/src/tracking/postprocess.test.ts > passes over NaN logits
30 | search region that is no box | stays where it was | 0 | packages/core/src/tracking/postprocess.test.ts > stays on empty, inverted, NaN and outside boxes
31 | track before start, after dispose | TARGET_DISPOSED | 1 | packages/core/src/tracking/tracker.test.ts > and what was disposed
32 | frame of another size or form | FRAME_SIZE, FRAME_FORM | 1 | packages/core/src/geometry/frame.test.ts > floats from 0 to 1
33 | cancelled midway | finished part kept | 130 | tests/e2e/track-cli.test.ts > finishes cleanly on Ctrl-C
34 | device lost | DEVICE_LOST after one more try | 1 | packages/core/src/tracking/renewable-session.test.ts > for good is DEVICE_LOST
35 | safetensors: lengths, overlaps, doubled keys, other types | SAFETENSORS_* | 1 | packages/core/src/weights/safetensors.test.ts > never throws anything but its own errors, whatever the bytes
36 | pickle with foreign globals, bombs, deep nesting | PICKLE_* | 1 | packages/core/src/weights/pickle.test.ts > PICKLE_FORBIDDEN_GLOBAL
37 | zip bomb, paths that climb out, links, doubles, encryption | ARCHIVE_*, ZIP_* | 1 | packages/lorat/src/files/archive/open-tree.test.ts > ARCHIVE_UNSAFE_NAME
38 | weights with keys missing, too many, of other shapes | WEIGHTS_NAMES, WEIGHTS_SHAPE | 1 | packages/core/src/weights/validate.test.ts > reports everything at once
39 | adapters merged twice, other rank or alpha | WEIGHTS_SHAPE | 1 | packages/core/src/weights/names.test.ts > sees which layers have adapters, and their rank
40 | ONNX that is none, inputs that it does not have, above 2 GB | ONNX_FILE, ONNX_INPUT | 1 | packages/graph/src/onnx/input-shapes.test.ts > ONNX_
41 | page, short or other file in place of the one fetched, 404, 429, redirects in a circle | DOWNLOAD_*, WEIGHTS_* | 1 | packages/lorat/src/files/download/download.test.ts > resumes to the same checksum
42 | SIGKILL at any point of training | same losses, bit for bit | 0 | tests/e2e/kill-and-resume.test.ts > bit for bit
43 | SIGINT, SIGTERM | saved, 130 or 143 | 130 | packages/lorat/src/cli/train.test.ts > 130
44 | disk full, read-only, no permission | OUTPUT_UNWRITABLE, CHECKPOINT_WRITE | 1 | tests/e2e/outputs.test.ts > a full disk
45 | two runs in one folder | RUN_LOCKED | 1 | packages/lorat/src/train/train.test.ts > refuses a folder in which another process trains
46 | stale lock | taken over | 0 | packages/lorat/src/train/resume.test.ts > takes over a lock that a crash left empty
47 | dataset that changed between runs | DATA_CHANGED | 1 | packages/lorat/src/train/resume.test.ts > is refused when its data or its base has changed
48 | configuration that changed on resume | RUN_CHANGED, differences listed | 1 | packages/lorat/src/train/train.test.ts > a changed configuration on resume
49 | loss that is not finite | batch saved, run stopped | 1 | packages/lorat/src/train/resume.test.ts > has its batch saved, and stops the run
50 | worker that dies or is slow | LOADER_* | 1 | packages/lorat/src/sampling/loader.test.ts > LOADER_
51 | empty dataset, one sequence | DATASET_EMPTY | 1 | packages/lorat/src/datasets/bad-input.test.ts > an empty dataset, in each way of being empty
52 | results partly written, unknown files, mixed formats | RESULTS_INVALID, all listed | 1 | packages/lorat/src/cli/score.test.ts > lists several problems together
53 | sequences that are missing | RESULTS_MISSING unless --allow-missing | 1 | packages/lorat/src/cli/score.test.ts > refuses missing sequences with their list
54 | decimal commas | RESULT_DECIMAL_COMMA | 1 | packages/lorat/src/cli/score.test.ts > shows rows with decimal commas
55 | host that waits too long for the first frame | TRAX_TIMEOUT | 1 | packages/lorat/src/trackers/vot/trax-client.test.ts > does not wait for ever
56 | unknown option, number out of range | USAGE | 2 | lorat track VIDEO --bax 1,1,9,9
57 | output that exists | OUTPUT_EXISTS | 1 | lorat track VIDEO --box 1,1,9,9 --out DIR/text.mp4
58 | reader that closes the pipe | quiet end | 0 | tests/e2e/track-cli.test.ts > stops quietly when nobody reads on
59 | request to a server | USAGE: nothing here listens | 2 | lorat serve
60 | no terminal, NO_COLOR, narrow terminal | plain lines | 0 | packages/lorat/src/cli/progress.test.ts > prints a plain line now and then elsewhere
`;

export const BAD_INPUTS: readonly BadInput[] = TABLE.trim()
  .split("\n")
  .map((line) => {
    const [n, input, code, status, test] = line.split(" | ") as [string, string, string, string, string];
    const [file, text] = test.split(" > ");
    const run = test.startsWith("lorat ") ? test.slice("lorat ".length) : undefined;
    const held = run === undefined ? ([file!, text!] as const) : undefined;
    return { n: Number(n), input, code, status: Number(status), held, run };
  });

/** The table as Markdown. */
export function badInputsTable(): string {
  const rows = BAD_INPUTS.map(({ n, input, code, status, held, run }) => {
    const test = held ? `\`${held[0]}\`: ${held[1]}` : `\`tests/e2e/bad-inputs.test.ts\`: \`lorat ${run}\``;
    return `| ${n} | ${input} | ${code} | ${status} | ${test} |`;
  });
  return ["| | input | code or outcome | exit | test |", "|---|---|---|---|---|", ...rows].join("\n");
}
