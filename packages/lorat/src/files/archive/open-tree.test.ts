import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { Header } from "tar";
import { describe, expect, it } from "vitest";
import { withFolder } from "../../testing/clips.ts";
import { ARCHIVE_LIMITS } from "./limits.ts";
import { openTree } from "./open-tree.ts";

/** A tar archive of members as they are given, however unsafe. */
function tarOf(members: readonly { name: string; text?: string; link?: string }[]): Buffer {
  const blocks = members.flatMap(({ name, text = "", link }) => {
    const data = Buffer.from(text);
    const header = Buffer.alloc(512);
    new Header({
      path: name,
      mode: 0o644,
      size: data.length,
      type: link === undefined ? "File" : "SymbolicLink",
      ...(link !== undefined && { linkpath: link }),
    }).encode(header);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

async function refusal(
  name: string,
  bytes: Uint8Array,
  limits = ARCHIVE_LIMITS,
): Promise<{ code: string; issues: readonly string[] }> {
  return withFolder(async (folder) => {
    await writeFile(join(folder, name), bytes);
    return openTree(join(folder, name), limits).then(
      () => ({ code: "opened", issues: [] }),
      (error: { code: string; issues: readonly string[] }) => error,
    );
  });
}

describe("openTree", () => {
  it("reads the same files from a folder, a tar, a tar.gz and a zip", () =>
    withFolder(async (folder) => {
      const tree = join(folder, "tree");
      await mkdir(join(tree, "a/b"), { recursive: true });
      await writeFile(join(tree, "a/b/one.txt"), "1");
      await writeFile(join(tree, "two.txt"), "2");
      await writeFile(join(tree, ".hidden"), "no");
      await symlink("two.txt", join(tree, "linked.txt"));
      const members = [
        { name: "a/b/one.txt", text: "1" },
        { name: "two.txt", text: "2" },
      ];
      await writeFile(join(folder, "t.tar"), tarOf(members));
      await writeFile(join(folder, "t.tar.gz"), gzipSync(tarOf(members)));
      const zip = zipSync({
        "a/b/one.txt": strToU8("1"),
        "two.txt": strToU8("2"),
        "__MACOSX/x": strToU8(""),
      });
      await writeFile(join(folder, "t.zip"), zip);
      expect((await openTree(tree)).files).toEqual(["a/b/one.txt", "linked.txt", "two.txt"]);
      for (const name of ["t.tar", "t.tar.gz", "t.zip"]) {
        const opened = await openTree(join(folder, name));
        expect(opened.files).toEqual(["a/b/one.txt", "two.txt"]);
        expect(Buffer.from(await opened.read("a/b/one.txt")).toString()).toBe("1");
      }
    }));

  it("reads what the system's tar writes", () =>
    withFolder(async (folder) => {
      const long = `${"deep/".repeat(30)}file.txt`;
      await mkdir(join(folder, "in", "deep/".repeat(30)), { recursive: true });
      await writeFile(join(folder, "in", long), "x");
      execFileSync("tar", ["czf", join(folder, "t.tgz"), "-C", join(folder, "in"), "."]);
      expect((await openTree(join(folder, "t.tgz"))).files).toEqual([long]);
    }));

  it("refuses paths that lead out of the archive, all of them at once", async () => {
    const names = ["../up.txt", "/root.txt", "a/../../b.txt", "C:\\x.txt", "fine.txt"];
    const tar = await refusal("t.tar.gz", gzipSync(tarOf(names.map((name) => ({ name, text: "1" })))));
    const zip = await refusal(
      "t.zip",
      zipSync(Object.fromEntries(names.map((name) => [name, strToU8("1")]))),
    );
    for (const { code, issues } of [tar, zip]) {
      expect(code).toBe("ARCHIVE_UNSAFE_NAME");
      expect(issues).toHaveLength(4);
    }
  });

  it("refuses links and members that come twice", async () => {
    const link = { name: "link.txt", link: "/etc/passwd" };
    expect((await refusal("t.tar", tarOf([link]))).code).toBe("ARCHIVE_LINK");
    const zip = zipSync({ "link.txt": [strToU8("/etc/passwd"), { os: 3, attrs: 0o120777 << 16 }] });
    expect((await refusal("t.zip", zip)).code).toBe("ARCHIVE_LINK");
    const twice = tarOf([{ name: "a.txt" }, { name: "a.txt" }]);
    expect((await refusal("t.tar", twice)).code).toBe("ARCHIVE_DUPLICATE_NAME");
    const both = await refusal("t.tar", tarOf([link, { name: "../x" }]));
    expect(both).toMatchObject({ code: "ARCHIVE_REFUSED" });
    expect(both.issues).toHaveLength(2);
  });

  it("refuses bombs before they fill the memory", async () => {
    const zeros = new Uint8Array(8 * 2 ** 20);
    const limits = { ...ARCHIVE_LIMITS, freeBytes: 2 ** 20 };
    expect((await refusal("t.tar.gz", gzipSync(zeros), limits)).code).toBe("ARCHIVE_TOO_LARGE");
    expect((await refusal("t.zip", zipSync({ "zeros.txt": zeros }), limits)).code).toBe("ARCHIVE_TOO_LARGE");
  });

  it("names what is damaged, encrypted or no archive at all", async () => {
    const whole = gzipSync(tarOf([{ name: "a.txt", text: "1".repeat(5000) }]));
    expect((await refusal("t.tar.gz", whole.subarray(0, -20))).code).toBe("ARCHIVE_DAMAGED");
    expect(
      (await refusal("t.tar", tarOf([{ name: "a.txt", text: "x".repeat(3000) }]).subarray(0, 1000))).code,
    ).toBe("ARCHIVE_DAMAGED");
    const zip = zipSync({ "a.txt": strToU8("1") });
    expect((await refusal("t.zip", zip.subarray(0, -5))).code).toBe("ARCHIVE_DAMAGED");
    const encrypted = zip.slice();
    const at = Buffer.from(encrypted).lastIndexOf("PK\u0001\u0002", undefined, "latin1");
    encrypted[at + 8]! |= 1;
    expect((await refusal("t.zip", encrypted)).code).toBe("ARCHIVE_ENCRYPTED");
    expect((await refusal("t.txt", Buffer.from("1,2,3,4\n"))).code).toBe("ARCHIVE_KIND");
    await expect(openTree("/nowhere/at/all")).rejects.toMatchObject({ code: "TREE_NOT_FOUND" });
  });
});
