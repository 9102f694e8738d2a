package tag

import _ "embed" // for the build

//go:embed dist/tag.js
var dist []byte

// JS returns the script that pages load. The caller must not change it.
func JS() []byte { return dist }
