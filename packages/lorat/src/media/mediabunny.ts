import { registerMediabunnyServer } from "@mediabunny/server";
import { Logging, LogLevel, MATROSKA, MP4, MPEG_TS, QTFF, WEBM } from "mediabunny";
import { AV_LOG_QUIET, Log } from "node-av";

/** Containers that are opened. Playlists are left out: they would make a local file reach for others. */
export const VIDEO_FORMATS = [MP4, QTFF, MATROSKA, WEBM, MPEG_TS];

export const VIDEO_FORMAT_NAMES = "MP4, MOV, Matroska, WebM, MPEG-TS";
export const VIDEO_CODEC_NAMES = "H.264, H.265, VP8, VP9, AV1, ProRes";

let ready = false;

/**
 * Gives mediabunny its decoders and encoders, once a thread. Software ones only, so that a frame's bytes do not
 * depend on the machine; and silent, because what goes wrong is reported as one error of ours.
 */
export function prepareMediabunny(): void {
  if (ready) return;
  ready = true;
  registerMediabunnyServer({ hardwareContext: null });
  Logging.level = LogLevel.Silent;
  Log.setLevel(AV_LOG_QUIET);
}
