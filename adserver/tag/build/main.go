// Command build minifies the tag. `go generate ./adserver/tag` runs it.
package main

import (
	"fmt"
	"os"

	"github.com/placard/placard/adserver/tag/bundle"
)

func main() {
	src, err := os.ReadFile("tag.js")
	if err == nil {
		var out []byte
		if out, err = bundle.Minify(src); err == nil {
			err = os.WriteFile("dist/tag.js", out, 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build tag:", err)
		os.Exit(1)
	}
}
