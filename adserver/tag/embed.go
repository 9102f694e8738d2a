package tag

import "embed"

//go:embed dist tag.d.ts
var files embed.FS

func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("tag: " + err.Error()) // it is compiled in
	}
	return b
}

// JS returns the script that pages load.
func JS() []byte { return read("dist/tag.js") }

// Files returns everything that the server serves beside /tag.js, by path: the module, the overlay and the types.
func Files() map[string][]byte {
	return map[string][]byte{"/tag.mjs": read("dist/tag.mjs"), "/tag-debug.js": read("dist/tag-debug.js"), "/tag.d.ts": read("tag.d.ts")}
}
