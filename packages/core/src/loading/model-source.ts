/** A `File` or `Blob`, or bytes. */
export type FileContent = Blob | ArrayBuffer | Uint8Array;

/** The two files of a model folder by their names; `model.json` also as text or parsed. */
export interface ModelFiles {
  readonly "model.json": FileContent | string | object;
  readonly "weights.safetensors": FileContent;
}

/** A `FileSystemDirectoryHandle`, as `showDirectoryPicker` gives it. */
export interface FolderHandle {
  readonly kind: "directory";
  readonly name: string;
  getFileHandle(name: string): Promise<{ getFile(): Promise<Blob> }>;
}

/**
 * Where a model comes from: the name of a bundled one (`"nano"`); in Node the path of a model folder; the address of a folder, in a page
 * also relative to the page; the two files; the `FileList` of an `<input type="file" multiple>`; a picked folder.
 */
export type ModelSource =
  | string
  | URL
  | ModelFiles
  | Iterable<Blob & { readonly name: string }>
  | FolderHandle;
