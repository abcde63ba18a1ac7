/** Weights that their authors publish: where they lie, and what is known of them. */
export interface PublishedFile {
  /** Name of the file, as its authors call it. */
  readonly name: string;
  readonly addresses: readonly string[];
  /** A page for people, where the file can be fetched in a browser. */
  readonly page: string;
  readonly bytes?: number;
  /** Its tensors alone have this many bytes, so it cannot be shorter. */
  readonly leastBytes?: number;
  readonly sha256?: string;
  /** Repositories on Hugging Face with the same weights, `model.safetensors` in each. */
  readonly hubs: readonly string[];
}

/** Sizes of DINOv2 by the letter in its name. */
export type Dinov2Size = "s" | "b" | "l" | "g";

const DINOV2: Readonly<Record<Dinov2Size, { word: string; bytes?: number; sha256: string }>> = {
  s: {
    word: "small",
    bytes: 88_283_115,
    sha256: "b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9",
  },
  b: {
    word: "base",
    bytes: 346_378_731,
    sha256: "0b8b82f85de91b424aded121c7e1dcc2b7bc6d0adeea651bf73a13307fad8c73",
  },
  l: {
    word: "large",
    bytes: 1_217_586_395,
    sha256: "d5383ea8f4877b2472eb973e0fd72d557c7da5d3611bd527ceeb1d7162cbf428",
  },
  g: { word: "giant", sha256: "baf8467e50af277596bbbafa06887c177ee899ab46033649c383577d7e9309d3" },
};

/** LoRAT's files on Google Drive: word of the name, bytes of the tensors, identifiers at 224 and 378 pixels. */
const LORAT = {
  b: {
    word: "base",
    payload: 51_941_396,
    "224": "1e1YtuyRHXFSUoOBYt9r-e74xrjZ8MFev",
    "378": "12P2unXkN-tZYYBx0sFy6EGiPd48d5zlE",
  },
  l: {
    word: "large",
    payload: 130_072_596,
    "224": "1joL2VmWxrIhkapj7HykoTLYKmLiBgXqm",
    "378": "1HAxSkvMeQwS-rjRY-Va6GhLEKqqMSLA2",
  },
  g: {
    word: "giant",
    payload: 320_938_004,
    "224": "1UmHVpHMyZ4w6D4MWnZlI7vhGrx8bAfGP",
    "378": "1nYrKT4EfvqkSxUMqcCCBimgIsfakk7YL",
  },
} as const;

const LORAT_PAGE = "https://drive.google.com/drive/folders/1FvViP0MCSiAu2FSrNjg7XEORn74yOBdD";

/** DINOv2 without registers, of a size. */
export function dinov2File(size: Dinov2Size): PublishedFile {
  const { word, bytes, sha256 } = DINOV2[size];
  const model = `dinov2_vit${size}14`;
  const address = `https://dl.fbaipublicfiles.com/dinov2/${model}/${model}_pretrain.pth`;
  return {
    name: `${model}_pretrain.pth`,
    addresses: [address, `https://huggingface.co/facebook/dinov2-${word}/resolve/main/model.safetensors`],
    page: address,
    ...(bytes !== undefined && { bytes }),
    sha256,
    hubs: [`facebook/dinov2-${word}`, `timm/vit_${word}_patch14_dinov2.lvd142m`],
  };
}

/** What LoRAT's authors trained, for a variant such as `B-224`; undefined for others. */
export function loratFile(variant: string): PublishedFile | undefined {
  const [letter = "", pixels = ""] = variant.toLowerCase().split("-");
  if (!(letter in LORAT) || !(pixels === "224" || pixels === "378")) return undefined;
  const { word, payload, [pixels]: id } = LORAT[letter as keyof typeof LORAT];
  return {
    name: `${word}${pixels === "378" ? "-378" : ""}.bin`,
    addresses: [`https://drive.usercontent.google.com/download?id=${id}&export=download&confirm=t`],
    page: LORAT_PAGE,
    leastBytes: payload,
    hubs: [],
  };
}

/** The names that `lorat pull` knows. */
export const publishedNames: readonly string[] = [
  ...["b", "l", "g"].flatMap((size) => [`lorat-${size}-224`, `lorat-${size}-378`]),
  ...Object.keys(DINOV2).map((size) => `dinov2-${size}`),
];
