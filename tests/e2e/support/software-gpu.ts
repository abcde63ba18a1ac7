import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** The manifest of a Vulkan driver that computes on the CPU: Chromium's SwiftShader, or the one named by `LORAT_VULKAN_ICD`. */
export const vulkanManifest = process.env.LORAT_VULKAN_ICD ?? "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Whether there is one; where it is missing, tests that need it say so, and on CI they run and fail. */
export const hasSoftwareGpu = existsSync(vulkanManifest);

/** Environment of a process that is to see that device alone. Read when a process starts, so only a child can be given it. */
export function softwareGpuEnvironment(): NodeJS.ProcessEnv {
  const folder = dirname(vulkanManifest);
  // Debian's Chromium brings the Vulkan loader too; a machine without one of its own uses that.
  const loader = existsSync(join(folder, "libvulkan.so.1")) ? [folder] : [];
  return {
    ...process.env,
    VK_DRIVER_FILES: vulkanManifest,
    VK_ICD_FILENAMES: vulkanManifest,
    LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, ...loader].filter(Boolean).join(delimiter),
  };
}
