import { registerMediabunnyServer } from "@mediabunny/server";
import { Logging, LogLevel, MATROSKA, MP4, MPEG_TS, QTFF, WEBM } from "mediabunny";
import { AV_LOG_QUIET, Log } from "node-av";

/** Containers that are opened. Playlists are left out: they would make a local file reach for others. */
export const VIDEO_FORMATS = [MP4, QTFF, MATROSKA, WEBM, MPEG_TS];

export const VIDEO_FORMAT_NAMES = "MP4, MOV, Matroska, WebM, MPEG-TS";

let ready = false;

/**
 * Gives mediabunny its encoders, once a thread. Software ones only, so that a video does not depend on the machine;
 * and keeps it and FFmpeg silent, because what goes wrong is reported as one error of ours.
 */
export function prepareMediabunny(): void {
  if (ready) return;
  ready = true;
  registerMediabunnyServer({ hardwareContext: null });
  Logging.level = LogLevel.Silent;
  Log.setLevel(AV_LOG_QUIET);
}
