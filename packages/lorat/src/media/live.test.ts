import { expect, it } from "vitest";
import { openLive } from "./live.ts";
import { liveInput } from "./live-input.ts";

it("knows cameras and live addresses from files", () => {
  expect(liveInput("camera:0", "linux")).toEqual({ format: "v4l2", url: "/dev/video0" });
  expect(liveInput("/dev/video2", "linux")).toEqual({ format: "v4l2", url: "/dev/video2" });
  expect(liveInput("camera:0", "darwin")).toEqual({ format: "avfoundation", url: "0" });
  expect(liveInput("camera:HD Webcam", "win32")).toEqual({ format: "dshow", url: "video=HD Webcam" });
  expect(liveInput("rtsp://host/1")).toEqual({ url: "rtsp://host/1" });
  for (const path of ["clip.mp4", "-", "http://host/clip.mp4", "/dev/null"]) {
    expect(liveInput(path, "linux")).toBeUndefined();
  }
  expect(() => liveInput("camera:0", "aix")).toThrowError(
    expect.objectContaining({ code: "CAMERA_UNAVAILABLE" }) as Error,
  );
});

// FFmpeg's own test picture is opened as a camera is: a device by its kind and name.
it("reads a device's pictures as they come", async () => {
  const source = await openLive({ format: "lavfi", url: "testsrc=size=160x120:rate=10:duration=1" }, "fake");
  expect(source).toMatchObject({ kind: "video", width: 160, height: 120, fps: 10, frameCount: undefined });
  const seen = [];
  for await (const frame of source.frames({ start: 2, end: 9 })) {
    expect(frame.data.length).toBe(160 * 120 * 4);
    seen.push([frame.index, frame.data.some((value) => value > 200)]);
    source.recycle(frame);
  }
  expect(seen).toEqual([2, 3, 4, 5, 6, 7, 8].map((index) => [index, true]));
  await source.dispose();
});

it("says what may be wrong with a camera that is not there", async () => {
  await expect(openLive({ format: "v4l2", url: "/dev/video97" }, "camera:97")).rejects.toMatchObject({
    code: "CAMERA_UNAVAILABLE",
    message: expect.stringContaining("camera:97 cannot be opened"),
  });
  await expect(openLive({ format: "none", url: "x" }, "camera:x")).rejects.toMatchObject({
    code: "CAMERA_UNAVAILABLE",
  });
});
