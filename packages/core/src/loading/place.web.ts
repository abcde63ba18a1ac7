import { LoratError } from "@lorat/graph";
import { bundledModels, type Place } from "./place.ts";

/** Where this module lies; a name of its own, since bundlers rewrite `new URL(…, import.meta.url)`. */
const here = import.meta.url;

/** In a page a text is a bundled model's name, or an address, relative ones to the page. */
export const place: Place = {
  async named(model) {
    const base = typeof document === "undefined" ? globalThis.location.href : document.baseURI;
    if (!bundledModels.includes(model)) return { address: new URL(model, base) };
    return {
      address: new URL(`models/${model}/`, here),
      hint: `"${model}" lies beside lorat.browser.js; with a bundler, copy node_modules/@lorat/core/dist/models/${model} and give its address`,
    };
  },
  async fileSource(path) {
    throw new LoratError("WEIGHTS_UNREADABLE", `a page cannot open the file ${path} by its path`, {
      hint: "Let the user choose it, and give the File.",
    });
  },
};
