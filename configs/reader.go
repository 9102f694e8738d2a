package configs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"gopkg.in/yaml.v3"
)

// reader walks the YAML nodes of one file and collects what is wrong.
type reader struct {
	file     string
	problems *Problems
}

func (r *reader) pos(n *yaml.Node) Pos {
	if n == nil {
		return Pos{File: r.file}
	}
	return Pos{File: r.file, Line: n.Line, Col: n.Column}
}

func (r *reader) errorf(n *yaml.Node, format string, args ...any) {
	*r.problems = append(*r.problems, Problem{Pos: r.pos(n), Message: fmt.Sprintf(format, args...)})
}

func (r *reader) warnf(n *yaml.Node, format string, args ...any) {
	*r.problems = append(*r.problems, Problem{Pos: r.pos(n), Message: fmt.Sprintf(format, args...), Warning: true})
}

// nearest returns ", did you mean X?" or the list of what is valid.
func nearest(got string, valid []string) string {
	best, distance := "", max(2, len(got)/3)+1
	for _, v := range valid {
		if d := levenshtein.ComputeDistance(strings.ToLower(got), strings.ToLower(v)); d < distance {
			best, distance = v, d
		}
	}
	if best != "" {
		return "; did you mean " + best + "?"
	}
	if len(valid) == 0 {
		return ""
	}
	if len(valid) > 20 {
		return fmt.Sprintf("; there are %d valid ones, such as %s", len(valid), strings.Join(valid[:5], ", "))
	}
	return "; valid are " + strings.Join(valid, ", ")
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return "nothing"
		}
		return strconv.Quote(cut(n.Value))
	}
	return "something else"
}

func cut(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

// mapping is a YAML map whose keys are read one by one; what is left over is unknown.
type mapping struct {
	r     *reader
	node  *yaml.Node
	what  string // for messages
	keys  []string
	known map[string]*yaml.Node
	key   map[string]*yaml.Node
	read  []string
	// broken is set when there was something, but no map: what is missing from it is not told as well.
	broken bool
}

// mapping reads n as a map. It reports and returns an empty one if n is something else.
func (r *reader) mapping(n *yaml.Node, what string) *mapping {
	m := &mapping{r: r, node: n, what: what, known: map[string]*yaml.Node{}, key: map[string]*yaml.Node{}}
	if n == nil {
		return m
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		r.errorf(n, "%s must be a map, not %s", what, kindName(n))
		m.broken = true
		return m
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if v.Kind == yaml.AliasNode {
			v = v.Alias
		}
		if k.Kind != yaml.ScalarNode {
			r.errorf(k, "a key of %s must be a word", what)
			continue
		}
		if first, dup := m.key[k.Value]; dup {
			r.errorf(k, "%s stands in %s twice, first on line %d", k.Value, what, first.Line)
			continue
		}
		m.keys = append(m.keys, k.Value)
		m.known[k.Value], m.key[k.Value] = v, k
	}
	return m
}

// get returns the value of a key, nil if it is absent.
func (m *mapping) get(key string) *yaml.Node {
	if !slices.Contains(m.read, key) {
		m.read = append(m.read, key)
	}
	return m.known[key]
}

// done reports the keys that nobody asked for.
func (m *mapping) done() {
	for _, k := range m.keys {
		if !slices.Contains(m.read, k) {
			m.r.errorf(m.key[k], "%s has no key %q%s", m.what, cut(k), nearest(k, m.read))
		}
	}
}

func (m *mapping) str(key string, byDefault string) string {
	n := m.get(key)
	if n == nil {
		return byDefault
	}
	return m.r.str(n, key)
}

// required reports an absent or empty text.
func (m *mapping) required(key string) string {
	n := m.get(key)
	if n == nil {
		m.missing(key)
		return ""
	}
	s := m.r.str(n, key)
	if s == "" && n.Kind == yaml.ScalarNode && n.Value == "" && n.Tag != "!!null" {
		m.r.errorf(n, "%s is empty", key)
	}
	return s
}

// missing reports that a key is absent.
func (m *mapping) missing(key string) {
	if !m.broken {
		m.r.errorf(m.node, "%s needs %s", m.what, key)
	}
}

func (m *mapping) boolean(key string) bool {
	n := m.get(key)
	if n == nil {
		return false
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		m.r.errorf(n, "%s must be true or false, not %s", key, kindName(n))
		return false
	}
	b, _ := strconv.ParseBool(strings.ToLower(n.Value))
	return b
}

// whole reads a number from 1 to high.
func (m *mapping) whole(key string, high, byDefault int64) int64 {
	n := m.get(key)
	if n == nil {
		return byDefault
	}
	v, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 10, 64)
	if n.Kind != yaml.ScalarNode || err != nil {
		m.r.errorf(n, "%s must be a whole number, not %s", key, kindName(n))
		return byDefault
	}
	if v < 1 || v > high {
		m.r.errorf(n, "%s must be from 1 to %d, not %d", key, high, v)
		return byDefault
	}
	return v
}

func (r *reader) str(n *yaml.Node, what string) string {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.errorf(n, "%s must be a text, not %s", what, kindName(n))
		return ""
	}
	for _, c := range n.Value {
		if c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			r.errorf(n, "%s has a control character in it", what)
			return ""
		}
	}
	return n.Value
}

// list reads a list, or a single value as a list of one.
func (r *reader) list(n *yaml.Node) []*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.SequenceNode {
		out := make([]*yaml.Node, len(n.Content))
		for i, c := range n.Content {
			if c.Kind == yaml.AliasNode {
				c = c.Alias
			}
			out[i] = c
		}
		return out
	}
	return []*yaml.Node{n}
}

// strs reads a list of texts.
func (r *reader) strs(n *yaml.Node, what string) []string {
	var out []string
	for _, c := range r.list(n) {
		if s := r.str(c, what); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// items reads a list that must be one.
func (r *reader) items(n *yaml.Node, what string) []*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.errorf(n, "%s must be a list, not %s", what, kindName(n))
		return nil
	}
	return r.list(n)
}

// id reads an identifier: it stands in URLs, reports and file names.
func (m *mapping) id(key string) string {
	n := m.get(key)
	if n == nil {
		m.missing(key)
		return ""
	}
	s := m.r.str(n, key)
	if s == "" && n.Kind == yaml.ScalarNode && n.Value == "" && n.Tag != "!!null" {
		m.r.errorf(n, "%s is empty", key)
	}
	if s != "" && !validID(s) {
		m.r.errorf(n, "%s %q must be 1 to %d lower-case letters, digits, '-' or '_', beginning with a letter or digit", key, cut(s), maxID)
		return ""
	}
	return s
}

func validID(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	for i, c := range s {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case (c == '-' || c == '_') && i > 0:
		default:
			return false
		}
	}
	return true
}

func (m *mapping) oneOf(key string, valid []string, byDefault string) string {
	n := m.get(key)
	if n == nil {
		return byDefault
	}
	s := m.r.str(n, key)
	if !slices.Contains(valid, s) {
		m.r.errorf(n, "%s cannot be %q%s", key, cut(s), nearest(s, valid))
		return byDefault
	}
	return s
}
