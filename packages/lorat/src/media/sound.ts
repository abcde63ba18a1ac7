import {
  type AudioCodec,
  AudioSampleSink,
  AudioSampleSource,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  FilePathSource,
  getFirstEncodableAudioCodec,
  Input,
  type InputAudioTrack,
  type Output,
} from "mediabunny";
import { VIDEO_FORMATS } from "./media-libraries.ts";

/** A video's sound on its way into another video. */
export interface Sound {
  /** Adds what sounds up to a time of the new video, seconds. */
  upTo(timeSec: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Adds the first sound track of `path` to an output that has not started yet, from `startSec` on: as it is where the output's
 * container takes its codec, else encoded anew. Undefined where there is none, or the file is of a kind whose sound is not read.
 */
export async function addSound(output: Output, path: string, startSec: number): Promise<Sound | undefined> {
  const input = new Input({ source: new FilePathSource(path), formats: VIDEO_FORMATS });
  try {
    const track = await input.getPrimaryAudioTrack();
    const codec = await track?.getCodec();
    if (!track || !codec) {
      input.dispose();
      return undefined;
    }
    const taken = output.format.getSupportedAudioCodecs();
    const pieces = taken.includes(codec)
      ? await copied(output, track, codec)
      : await encoded(output, track, taken);
    if (!pieces) {
      input.dispose();
      return undefined;
    }
    return follow(pieces, startSec, () => input.dispose());
  } catch {
    input.dispose();
    return undefined;
  }
}

interface Piece {
  readonly timestamp: number;
  /** Adds it with its time moved by so many seconds. */
  add(by: number): Promise<void>;
}

async function copied(
  output: Output,
  track: InputAudioTrack,
  codec: AudioCodec,
): Promise<AsyncGenerator<Piece, void, void>> {
  const source = new EncodedAudioPacketSource(codec);
  const decoderConfig = await track.getDecoderConfig();
  output.addAudioTrack(source);
  return (async function* () {
    for await (const packet of new EncodedPacketSink(track).packets()) {
      yield {
        timestamp: packet.timestamp,
        add: (by) =>
          source.add(packet.clone({ timestamp: packet.timestamp - by }), {
            ...(decoderConfig && { decoderConfig }),
          }),
      };
    }
    source.close();
  })();
}

async function encoded(
  output: Output,
  track: InputAudioTrack,
  taken: AudioCodec[],
): Promise<AsyncGenerator<Piece, void, void> | undefined> {
  const [numberOfChannels, sampleRate] = [await track.getNumberOfChannels(), await track.getSampleRate()];
  const codec = await getFirstEncodableAudioCodec(taken, { numberOfChannels, sampleRate });
  if (codec === null) return undefined;
  const source = new AudioSampleSource({ codec, bitrate: 128_000 });
  output.addAudioTrack(source);
  return (async function* () {
    for await (const sample of new AudioSampleSink(track).samples()) {
      yield {
        timestamp: sample.timestamp,
        async add(by) {
          sample.setTimestamp(sample.timestamp - by);
          await source.add(sample);
          sample.close();
        },
      };
    }
    source.close();
  })();
}

function follow(pieces: AsyncGenerator<Piece, void, void>, startSec: number, done: () => void): Sound {
  let next: Piece | undefined;
  let ended = false;
  return {
    async upTo(timeSec) {
      while (!ended) {
        if (!next) {
          const { value } = await pieces.next();
          if (!value) ended = true;
          next = value ?? undefined;
          continue;
        }
        if (next.timestamp - startSec > timeSec) return;
        // Before the first frame there is nothing to hear it with.
        if (next.timestamp >= startSec) await next.add(startSec);
        next = undefined;
      }
    },
    async close() {
      await pieces.return();
      done();
    },
  };
}
