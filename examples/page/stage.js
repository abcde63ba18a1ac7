/** The page around the tracker: a video, a box drawn over it, and the frames as they are shown. */
const canvas = document.querySelector("canvas");
const chooser = document.querySelector("input");
const context = canvas.getContext("2d");

export const video = document.querySelector("video");

/** Writes the line below the video. */
export function status(text) {
  document.querySelector("[role=status]").textContent = text;
}

chooser.addEventListener("change", () => {
  video.src = URL.createObjectURL(chooser.files[0]);
});

/** The box that the user drags over the first frame, in pixels of the video. */
export async function drawnBox() {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) await event(video, "loadeddata");
  const from = await event(canvas, "pointerdown");
  const drag = ({ offsetX, offsetY }) => draw(between(from, { offsetX, offsetY }), "white");
  const start = { offsetX: from.offsetX, offsetY: from.offsetY };
  canvas.addEventListener("pointermove", drag);
  const to = await event(canvas, "pointerup");
  canvas.removeEventListener("pointermove", drag);
  return between(start, to);
}

/** Plays the video and gives each frame as it comes up; frames that pass while one is being tracked are left out. */
export async function* framesOf(element) {
  await element.play();
  while (!element.ended) {
    const frame = await Promise.race([shown(element), event(element, "ended")]);
    if ("mediaTime" in frame) yield frame;
  }
}

/** Draws what was found, and tells it in words. */
export function showBox({ mediaTime }, { box, score, state }) {
  draw(box, state === "tracked" ? "lime" : state === "uncertain" ? "orange" : "red");
  const { x, y, width, height } = box;
  const numbers = [x, y, width, height].map((value) => value.toFixed(1)).join(", ");
  status(`${mediaTime.toFixed(2)} s: ${state}, ${score.toFixed(2)}, ${numbers}`);
}

function draw({ x, y, width, height }, colour) {
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  context.strokeStyle = colour;
  context.lineWidth = Math.max(2, video.videoWidth / 300);
  context.strokeRect(x, y, width, height);
}

function between(a, b) {
  const scale = video.videoWidth / canvas.clientWidth;
  return {
    x: Math.min(a.offsetX, b.offsetX) * scale,
    y: Math.min(a.offsetY, b.offsetY) * scale,
    width: Math.abs(a.offsetX - b.offsetX) * scale,
    height: Math.abs(a.offsetY - b.offsetY) * scale,
  };
}

const event = (element, name) =>
  new Promise((resolve) => element.addEventListener(name, resolve, { once: true }));

const shown = (element) =>
  new Promise((resolve) => element.requestVideoFrameCallback((_, frame) => resolve(frame)));
