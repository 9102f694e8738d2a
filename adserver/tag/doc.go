// Package tag holds the browser tag that news pages load: its source, and the build that is embedded in
// the binary.
//
// tag.js is the source. dist/tag.js is what /tag.js serves: the same program, minified and wrapped by
// `go generate ./adserver/tag`, with no dependency and one global, placard. A test holds that it was built from the
// source beside it.
package tag

//go:generate go run ./build
