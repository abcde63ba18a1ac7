import { Command } from "@commander-js/extra-typings";
import { LoratError } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { describeError, EXIT, usageError } from "./errors.ts";
import { runCommandLine } from "./program.ts";
import { parseBox, samePathTwice } from "./track-options.ts";

describe("describeError", () => {
  it("prints code, message, issues and hint of a user's error, without a stack", () => {
    const error = new LoratError("WEIGHTS_SHAPE", "two shapes differ", {
      issues: ["a: 1", "b: 2"],
      hint: "Convert.",
    });
    expect(describeError(error)).toEqual({
      text: "error[WEIGHTS_SHAPE]: two shapes differ\n  - a: 1\n  - b: 2\n  hint: Convert.",
      status: EXIT.wrongInput,
    });
    expect(describeError(usageError("no", "yes")).status).toBe(EXIT.wrongUsage);
  });

  it("prints the stack of a fault of its own", () => {
    const { text, status } = describeError(new TypeError("x is undefined"));
    expect(status).toBe(70);
    expect(text).toContain("error[UNEXPECTED]");
    expect(text).toMatch(/TypeError: x is undefined\n\s+at /);
    expect(describeError("just text").text).toContain("just text");
  });

  it("suggests what was probably meant", () => {
    const program = new Command("lorat").exitOverride().configureOutput({ outputError: () => {} });
    program.option("--box <box>").action(() => {});
    try {
      program.parse(["--bx", "1"], { from: "user" });
      expect.unreachable();
    } catch (error) {
      expect(describeError(error)).toEqual({
        text: "error[USAGE]: unknown option '--bx'\n  hint: Did you mean --box?",
        status: EXIT.wrongUsage,
      });
    }
  });
});

describe("runCommandLine", () => {
  const greet = () =>
    new Command("greet")
      .option("--loud")
      .argument("<name>")
      .action(() => {});

  it("gives the exit status of what happened", async () => {
    const fail = (error: unknown) => async () =>
      new Command("fail").action(() => {
        throw error;
      });
    const run = (args: string[], error?: unknown) =>
      runCommandLine(args, { greet: async () => greet(), fail: fail(error) });
    expect(await run(["greet", "you"])).toBe(0);
    expect(await run(["greet"])).toBe(2);
    expect(await run(["greet", "you", "--lout"])).toBe(2);
    expect(await run(["gret"])).toBe(2);
    expect(await run(["greet", "you", "me"])).toBe(2);
    expect(await run(["fail"], new LoratError("X", "y"))).toBe(1);
    expect(await run(["fail"], new Error("bug"))).toBe(70);
  });

  it("loads only the command that is asked for", async () => {
    const loaded: string[] = [];
    const commands = {
      greet: async () => {
        loaded.push("greet");
        return greet();
      },
      other: async () => {
        loaded.push("other");
        return new Command("other");
      },
    };
    await runCommandLine(["greet", "you"], commands);
    expect(loaded).toEqual(["greet"]);
  });
});

describe("parseBox", () => {
  it("reads four numbers", () => {
    expect(parseBox("1,2.5, 30 ,4e1")).toEqual({ x: 1, y: 2.5, width: 30, height: 40 });
    expect(parseBox("-3,-4,10,10")).toEqual({ x: -3, y: -4, width: 10, height: 10 });
  });

  it.each([
    "",
    "1,2,3",
    "1,2,3,4,5",
    "a,b,c,d",
    "1,2,NaN,4",
    "1,2,,4",
    "1;2;3;4",
    "1 2 3 4",
    "1,2,Infinity,4",
    "0x",
  ])("refuses %j", (text) => {
    expect(() => parseBox(text)).toThrowError(expect.objectContaining({ code: "BOX_MALFORMED" }) as Error);
  });
});

describe("samePathTwice", () => {
  it("sees the same file behind two spellings", () => {
    expect(samePathTwice(["x", undefined, "y"])).toBeUndefined();
    expect(samePathTwice(["x", undefined, "./y/../x"])).toBe("./y/../x");
  });
});
