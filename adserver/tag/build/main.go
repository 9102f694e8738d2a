// Command build minifies the tag. `go generate ./adserver/tag` runs it.
package main

import (
	"fmt"
	"os"

	"github.com/placard/placard/adserver/tag/bundle"
)

func main() {
	files, err := bundle.Outputs(".")
	for name, b := range files {
		if err == nil {
			err = os.WriteFile("dist/"+name, b, 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build tag:", err)
		os.Exit(1)
	}
}
