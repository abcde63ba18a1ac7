/** LoRAT and the VOT toolkit: TraX on both sides, the folder protocol, workspaces. */
export { type FolderRun, type FolderRunOptions, runFolder } from "./folder-protocol.ts";
export { formatRegion, parseRegion, type Region, regionBox, reportedBox } from "./region.ts";
export { serverChannel, TraxChannel, type TraxChannelOptions } from "./trax-channel.ts";
export {
  openTraxTracker,
  type TraxResult,
  type TraxTracker,
  type TraxTrackerOptions,
} from "./trax-client.ts";
export { serveTrax, type TraxServerOptions, type TraxSessionEnd } from "./trax-server.ts";
export { VOT_STACKS, type Workspace, type WorkspaceOptions, writeWorkspace } from "./workspace.ts";
