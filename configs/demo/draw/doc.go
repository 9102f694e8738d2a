// Command draw makes the pictures of the demo's advertisers: each is an SVG put together by the code here, rendered by a browser to
// WebP without loss at one and two pixels to the CSS pixel, for light and for dark pages, and written to ../assets. The html creatives
// are written as documents.
//
//	go generate ./configs/demo            # all of them; needs chromium
//	go run ./draw -only lantern-reading   # in configs/demo: one design
//
// Type is set in the paper's own fonts.
package main
