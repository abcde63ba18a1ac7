import { Logging, LogLevel, MATROSKA, MP4, MPEG_TS, QTFF, WEBM } from "mediabunny";
import { AV_LOG_QUIET } from "node-av/constants";
import { Log } from "node-av/lib";

/** Containers that are opened. Playlists are left out: they would make a local file reach for others. */
export const VIDEO_FORMATS = [MP4, QTFF, MATROSKA, WEBM, MPEG_TS];

export const VIDEO_FORMAT_NAMES = "MP4, MOV, Matroska, WebM, MPEG-TS";

/** Keeps mediabunny and FFmpeg from printing: what goes wrong is reported once, as an error of ours. */
export function silenceMediaLogs(): void {
  Logging.level = LogLevel.Silent;
  Log.setLevel(AV_LOG_QUIET);
}
