/** Where published figures were read. */
export const PUBLISHED_SOURCES = {
  poster:
    "poster of 'Tracking Meets LoRA: Faster Training, Larger Model, Stronger Performance' (Lin, Fan, Zhang, Wang, Xu, Ling; ECCV 2024)",
  loratRepository: "LoRAT's repository, table of VastTrack",
  loratV2: "LoRATv2's paper (OpenReview q06YjUj0FB), table 1",
} as const;

export type PublishedSource = keyof typeof PUBLISHED_SOURCES;

/** One line that names sources. */
export function sourceLine(sources: readonly PublishedSource[]): string {
  return `published figures as printed, from: ${[...new Set(sources)].map((one) => PUBLISHED_SOURCES[one]).join("; ")}`;
}
