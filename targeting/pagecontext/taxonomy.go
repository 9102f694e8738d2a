package pagecontext

import (
	_ "embed" // for the taxonomy
	"slices"
	"strings"
	"sync"
)

//go:embed taxonomy/content-3.1.tsv
var taxonomyTSV string

type taxonomyEntry struct{ id, parent, name string }

// taxonomy is read once: it never changes while the program runs.
var taxonomy = sync.OnceValue(func() (t struct {
	byID   map[string]taxonomyEntry
	byName map[string]string
	names  []string
}) {
	t.byID, t.byName = map[string]taxonomyEntry{}, map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(taxonomyTSV), "\n") {
		f := strings.Split(line, "\t")
		if len(f) != 3 {
			continue
		}
		e := taxonomyEntry{f[0], f[1], strings.TrimSpace(f[2])}
		t.byID[e.id] = e
		// A name that several entries have is that of the one nearest the root, as files are written by people.
		key := strings.ToLower(e.name)
		if first, dup := t.byName[key]; !dup || e.parent == "" && t.byID[first].parent != "" {
			t.byName[key] = e.id
		}
		t.names = append(t.names, e.name)
	}
	slices.Sort(t.names)
	t.names = slices.Compact(t.names)
	return t
})

// TopicByName returns the id of a topic of IAB Content Taxonomy 3.1; case does not matter.
func TopicByName(name string) (id string, ok bool) {
	id, ok = taxonomy().byName[strings.ToLower(strings.TrimSpace(name))]
	return id, ok
}

// TopicByID returns the name of a topic.
func TopicByID(id string) (name string, ok bool) {
	e, ok := taxonomy().byID[id]
	return e.name, ok
}

// Ancestors returns the topic and everything above it, the topic first.
func Ancestors(id string) []string {
	var out []string
	for len(out) < 8 { // the taxonomy has four tiers
		e, ok := taxonomy().byID[id]
		if !ok {
			break
		}
		out = append(out, id)
		id = e.parent
	}
	return out
}

// TopicNames returns the names of all topics, sorted.
func TopicNames() []string { return taxonomy().names }
