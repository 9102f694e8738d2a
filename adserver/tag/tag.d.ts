// Types of Placard's tag. With a script element the same object is the global `placard`; as a module it is the default export:
//   import placard from "https://ads.example/tag.mjs";

export interface Options {
  /** The site's id in the ad server's configuration. */
  site: string;
  /** The ad server's address. Default: where the tag was loaded from. */
  base?: string;
  /** For the script that an ad network needs, where the page's content security policy asks for one. */
  nonce?: string;
  /** Key-values of the page that line items may target. */
  kv?: Record<string, string | number | (string | number)[]>;
  /** Milliseconds to wait for the ad server. Default: 3000. */
  timeout?: number;
  /** "local": keep an id of the reader in the site's own storage. Only with the reader's consent. Default: no id. */
  visitor?: "local";
  /** The site's own id of the reader, at most 64 letters, digits, '-', '_', '.' or ':'. */
  visitorId?: string;
  /** "tcf": wait for the consent dialogue of the page and tell the ad server the reader's choice. */
  consent?: "tcf";
  /** Fetch margin, or fetch and render margin, in percent of the viewport's height, such as "300,100". Default: all at once. */
  lazy?: string;
  /** Multiplies the margins on viewports below 600 px. */
  lazyPhone?: number;
  /** Seconds in view after which another ad is asked for, at least 30. Default: never. */
  refresh?: number;
  /** Present: a change of the path is another page, as in a single-page app. */
  spa?: "";
  /** The text of the link about an ad, or "off". Default: "About this ad" in the page's language. */
  about?: string;
}

export interface Placard {
  readonly version: 1;
  /** Starts the tag on pages without its script element; later calls change options. Never throws. */
  start(options: Options): void;
  /** Asks for slots that were added since. The tag notices them by itself; this is for those who don't want to wait for it. */
  scan(): void;
}

/** What the events say of an ad. */
export interface Ad {
  id: string;
  advertiser: string;
  campaign: string;
  line_item: string;
  creative: string;
  type: "image" | "html" | "native" | "adsense" | "script" | "house";
  width: number;
  height: number;
}

/** Dispatched at the slot's element; they bubble. */
export interface PlacardEventMap {
  "placard:requested": CustomEvent<{ id: string }>;
  "placard:filled": CustomEvent<Ad>;
  "placard:empty": CustomEvent<{ id: string; reason: string }>;
  "placard:rendered": CustomEvent<Ad>;
  "placard:viewable": CustomEvent<Ad>;
  "placard:unmeasurable": CustomEvent<Ad>;
  "placard:clicked": CustomEvent<Ad>;
}

declare global {
  interface Window {
    placard: Placard;
  }
  interface DocumentEventMap extends PlacardEventMap {}
  interface HTMLElementEventMap extends PlacardEventMap {}
}

declare const placard: Placard;
export default placard;
