// Package tag holds the browser tag that news pages load: its source, and the build that is embedded in
// the binary.
//
// tag.js is the source. dist holds what is served, minified by `go generate ./adserver/tag`: /tag.js, the same program as the
// module /tag.mjs, and /tag-debug.js, the overlay that only ?placard_debug loads. The tag has no dependency and one global,
// placard. A test holds that dist was built from the sources beside it.
//
// # Slots
//
//	<div data-placard-slot="article-end" data-placard-sizes="0:320x100 600:728x90,300x250"></div>
//
//	data-placard-slot         the placement; required
//	data-placard-sizes        sizes, or viewport widths from which sizes hold, in CSS pixels
//	data-placard-sizes-phone  sizes on viewports below 600 px
//	data-placard-lazy         fetch margin, or fetch and render margin, in percent of the viewport's height: 300,100
//	data-placard-lazy-phone   multiplies the margins below 600 px
//	data-placard-refresh      seconds in view after which another ad is asked for, at least 30
//	data-placard-close        present: a button that closes the slot; its value is the button's text
//
// A <template data-placard-fallback> within a slot is shown when nothing else is. [data-placard-page=URL] around slots makes a
// part of the document a page of its own, for endless scrolling; data-placard-section, -sensitive and -no-ads describe it.
//
// # Page
//
// The script element, or start(), says for the whole page: data-placard-site (required), -timeout, -visitor, -visitor-id,
// -consent, -lazy, -lazy-phone, -refresh, -spa, -about. tag.d.ts describes them and the events.
//
// The page's address, title, section, keywords, language, date and first text are read from its canonical link, JSON-LD,
// OpenGraph and article:* metadata, and the text of the article. <meta name="placard:sensitive" content="true"> and placard:no-ads
// are the newsroom's word.
//
// # Frames
//
// An html creative learns of the page by messages: {placard: 1, viewport: [w, h], theme: "light" or "dark", placardTheme: the same,
// motion: "reduce" or "full"}, first when it has loaded and again when something of it changes.
//
// # Debugging
//
// ?placard_debug in a page's address loads the overlay. It asks for an ops token (placard new-token), and with it the ops API
// (GET /api/v1/explain) why each slot shows what it does. The token stays in the page's memory; scripts of the page that read what is
// typed could still take it, so use one that expires.
package tag

//go:generate go run ./build
