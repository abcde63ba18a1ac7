import { LoratError } from "@lorat/graph";

/** Where pictures come from as they are taken: a device, or an address that sends without end. */
export interface LiveInput {
  /** FFmpeg's name of the device's kind, such as `v4l2`; undefined for addresses. */
  readonly format?: string;
  readonly url: string;
}

/** How FFmpeg names cameras on each system. */
const CAMERAS: Readonly<Partial<Record<NodeJS.Platform, (name: string) => LiveInput>>> = {
  linux: (name) => ({ format: "v4l2", url: /^\d+$/.test(name) ? `/dev/video${name}` : name }),
  darwin: (name) => ({ format: "avfoundation", url: name }),
  win32: (name) => ({ format: "dshow", url: `video=${name}` }),
};

const LIVE_ADDRESS = /^(rtsps?|rtmps?|srt|udp|rtp|tcp):\/\//i;

/** What of `path` is live: `camera:0`, `/dev/video0`, `rtsp://…`; undefined for files, folders and other addresses. */
export function liveInput(path: string, platform: NodeJS.Platform = process.platform): LiveInput | undefined {
  if (LIVE_ADDRESS.test(path)) return { url: path };
  const name = path.startsWith("camera:") ? path.slice("camera:".length) : undefined;
  const camera = CAMERAS[platform];
  if (name !== undefined) {
    if (camera && name !== "") return camera(name);
    throw new LoratError("CAMERA_UNAVAILABLE", `${path}: there is no way to a camera of that name here`, {
      hint: "camera:0 is the first camera; on Windows camera:NAME, as the system names it.",
    });
  }
  return platform === "linux" && /^\/dev\/video\d+$/.test(path) ? camera!(path) : undefined;
}
