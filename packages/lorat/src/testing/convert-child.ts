import { convertModel } from "../models/convert/index.ts";

/** Converts in a process of its own and prints its peak memory in bytes; arguments: the options as JSON. */
await convertModel(JSON.parse(process.argv[2]!));
console.log(JSON.stringify({ peakBytes: process.resourceUsage().maxRSS * 1024 }));
