/** What a page that came in place of a file says, as far as it can be told. */
export interface Page {
  /** For a message, for example `a page that says that the file was fetched too often`. */
  readonly what: string;
  /** Where the form on Google Drive's warning of large files leads: the file itself. */
  readonly confirmed: URL | undefined;
}

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/quota exceeded|too many users|download quota/i, "a page that says that the file was fetched too often"],
  [/virus scan|can'?t scan|too large .{0,40}scan/i, "a page that warns that no virus scan was made"],
  [/sign in|log ?in|accounts\.google/i, "a page to sign in"],
  [/not found|404|does not exist/i, "a page that says that there is no such file"],
];

/** Whether a file's first bytes are those of a page of HTML or XML. */
export function isPage(head: Uint8Array): boolean {
  const start = new TextDecoder().decode(head.subarray(0, 64)).replace(/^\uFEFF/, "");
  return /^\s*<(?:!doctype|html|\?xml|head|body|!--)/i.test(start);
}

/** Reads a page that came from `url` in place of a file. */
export function readPage(html: string, url: URL): Page {
  const what = KINDS.find(([pattern]) => pattern.test(html))?.[1] ?? "a page of HTML";
  const form = /<form[^>]*\bid="download-form"[^>]*>/i.exec(html)?.[0];
  const action = form && /\baction="([^"]*)"/i.exec(form)?.[1];
  if (!action || !URL.canParse(unescaped(action), url.href)) return { what, confirmed: undefined };
  const confirmed = new URL(unescaped(action), url.href);
  for (const [input] of html.matchAll(/<input[^>]*\btype="hidden"[^>]*>/gi)) {
    const name = /\bname="([^"]*)"/i.exec(input)?.[1];
    const value = /\bvalue="([^"]*)"/i.exec(input)?.[1];
    if (name && value !== undefined) confirmed.searchParams.set(name, unescaped(value));
  }
  // A form on a foreign page must not lead anywhere else.
  const same =
    confirmed.hostname.split(".").slice(-2).join(".") === url.hostname.split(".").slice(-2).join(".");
  return { what, confirmed: same && confirmed.protocol === url.protocol ? confirmed : undefined };
}

function unescaped(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}
