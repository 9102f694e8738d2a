package pagecontext

import (
	_ "embed" // the taxonomy
	"strings"
	"sync"
)

// taxonomyTSV holds id, parent and name of every topic; see data/NOTICE.md.
//
//go:embed data/content-taxonomy-3.1.tsv
var taxonomyTSV string

type taxonomy struct {
	topics []taxonomyTopic
	byID   map[string]int
	byName map[string]int // by the key of [nameKey]
	names  []string
}

type taxonomyTopic struct {
	id, name  string
	parent    int // index, -1 at the top
	ancestors []string
}

// iab is the taxonomy, parsed when first asked for and the same ever after.
var iab = sync.OnceValue(func() *taxonomy {
	t := &taxonomy{byID: map[string]int{}, byName: map[string]int{}}
	var parents []string
	for line := range strings.Lines(taxonomyTSV) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.SplitN(line, "\t", 3)
		t.byID[f[0]] = len(t.topics)
		// A name that occurs twice means the one nearer to the top, which comes first in the file.
		if _, taken := t.byName[nameKey(f[2])]; !taken {
			t.byName[nameKey(f[2])] = len(t.topics)
		}
		t.topics = append(t.topics, taxonomyTopic{id: f[0], name: f[2], parent: -1})
		t.names = append(t.names, f[2])
		parents = append(parents, f[1])
	}
	for i, p := range parents {
		if p != "" {
			t.topics[i].parent = t.byID[p]
		}
	}
	for i := range t.topics {
		for at := i; at >= 0; at = t.topics[at].parent {
			t.topics[i].ancestors = append(t.topics[i].ancestors, t.topics[at].id)
		}
	}
	return t
})

// nameKey makes names comparable: case, spaces and punctuation do not count, and & is and.
func nameKey(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.ReplaceAll(name, "&", "and")) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127 {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// TopicByName returns the id of the topic with this name; case, spaces and punctuation do not count.
func TopicByName(name string) (id string, ok bool) {
	i, ok := iab().byName[nameKey(name)]
	if !ok {
		return "", false
	}
	return iab().topics[i].id, true
}

// TopicByID returns the name of the topic with this id.
func TopicByID(id string) (name string, ok bool) {
	i, ok := iab().byID[id]
	if !ok {
		return "", false
	}
	return iab().topics[i].name, true
}

// Ancestors returns the id, its parent, and so on to the top; nil for an unknown id. The slice is shared: do not
// change it.
func Ancestors(id string) []string {
	i, ok := iab().byID[id]
	if !ok {
		return nil
	}
	return iab().topics[i].ancestors
}

// TopicNames returns the names of all topics, in the taxonomy's order. The slice is shared: do not change it.
func TopicNames() []string { return iab().names }
