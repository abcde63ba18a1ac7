/** Files from addresses: fetched whole, checked, once. */
export { type Downloaded, type DownloadOptions, download, sha256Of } from "./download.ts";
export {
  type FetchOnceOptions,
  type FetchRecord,
  fetchOnce,
  isFile,
  readRecord,
  recordPath,
} from "./fetch-once.ts";
export { partPath } from "./partial.ts";
export { parseAddress } from "./request.ts";
