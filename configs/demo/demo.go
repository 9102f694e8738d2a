// Package demo is the configuration of the demonstration newspaper, compiled into the binary: its site, its advertisers and what they
// show. The pictures are drawn by
// command draw beside it.
package demo

import (
	"embed"
	"io/fs"
)

//go:generate go run ./draw

//go:embed *.yaml advertisers assets
var files embed.FS

// Files returns the configuration as configs.Load reads it. It never changes.
func Files() fs.FS { return files }
