package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/placard/placard/"

// forbidden holds, for each room, the imports that would break the direction of the arrows in
// ARCHITECTURE.md, each with its reason. The longest matching room wins.
var forbidden = map[string]map[string]string{
	"targeting": {
		"adserver":  "targeting is pure: it must be usable without a server",
		"reporting": "targeting decides, it does not record",
		"configs":   "rules reach targeting compiled; configs depends on targeting",
		"cmd":       "nothing imports the binary",
		"net/http":  "targeting does no HTTP",
		"os":        "targeting does no I/O; what it needs is embedded or passed in",
	},
	"reporting": {
		"adserver":  "the log outlives the in-memory model: events are plain strings and integers",
		"targeting": "the log outlives the rules",
		"configs":   "stores and pages get their own options",
		"cmd":       "nothing imports the binary",
	},
	"configs": {
		"adserver":  "the catalog is compiled from configs, not the other way round",
		"reporting": "configuration does not know of facts",
		"cmd":       "nothing imports the binary",
	},
	"adserver": {
		"configs": "only adserver/catalog sees the configuration; others get the compiled snapshot",
		"cmd":     "nothing imports the binary",
	},
	"adserver/catalog": {
		"reporting": "a snapshot of configuration has nothing to do with facts",
		"cmd":       "nothing imports the binary",
	},
	"adserver/decision": {
		"reporting": "a decision is a pure function; recording it is the engine's work",
		"configs":   "only adserver/catalog sees the configuration",
		"net/http":  "a decision is a pure function",
		"cmd":       "nothing imports the binary",
	},
}

func TestImportsPointOneWay(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") && path != root {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		rules := rulesFor(rel)
		if rules == nil {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		if f.Name.Name == "main" {
			return nil // a generator: not part of the room's API
		}
		checked++
		for _, imp := range f.Imports {
			p, _ := strconv.Unquote(imp.Path.Value)
			for bad, why := range rules {
				if p == bad || p == module+bad || strings.HasPrefix(p, module+bad+"/") {
					t.Errorf("%s imports %s: %s", rel, p, why)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 20 {
		t.Fatalf("only %d files were checked: has the tree moved?", checked)
	}
}

func rulesFor(rel string) map[string]string {
	best := ""
	for room := range forbidden {
		if strings.HasPrefix(rel, room+"/") && len(room) > len(best) {
			best = room
		}
	}
	return forbidden[best]
}
