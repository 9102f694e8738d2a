package targeting

import (
	"errors"
	"fmt"
	"strings"
)

// urlPattern is a compiled pattern of URLPattern.
type urlPattern struct {
	glob     string // its host in lower case
	pathOnly bool
	query    bool // it looks at the query too
}

func parseURLPattern(p string) (urlPattern, error) {
	if p == "" {
		return urlPattern{}, errors.New("the URL pattern is empty; write /world/** or news.example/world/**")
	}
	if strings.Contains(p, "://") {
		return urlPattern{}, fmt.Errorf("the URL pattern %q has a scheme; leave it out", p)
	}
	if strings.ContainsAny(p, " \t\r\n") {
		return urlPattern{}, fmt.Errorf("the URL pattern %q has white space in it", p)
	}
	if strings.Contains(p, "***") {
		return urlPattern{}, fmt.Errorf("the URL pattern %q has more than two * in a row", p)
	}
	if len(p) > 512 {
		return urlPattern{}, errors.New("the URL pattern is longer than 512 bytes")
	}
	u := urlPattern{glob: p, pathOnly: strings.HasPrefix(p, "/"), query: strings.Contains(p, "?")}
	if !u.pathOnly {
		host, rest, hasPath := strings.Cut(p, "/")
		host = strings.ToLower(host)
		switch {
		case hasPath:
			u.glob = host + "/" + rest
		case !strings.Contains(host, "**"):
			u.glob = host + "/**" // a host alone: all of its pages
		}
	}
	return u, nil
}

// urlTarget is a canonical URL in the forms that patterns are compared with.
type urlTarget struct {
	whole, noQuery    string // without scheme
	path, pathNoQuery string
	hostEnd           int
}

func newURLTarget(url string) urlTarget {
	if i := strings.Index(url, "://"); i >= 0 {
		url = url[i+3:]
	}
	t := urlTarget{whole: url}
	t.noQuery, _, _ = strings.Cut(url, "?")
	t.hostEnd = strings.IndexByte(t.noQuery, '/')
	if t.hostEnd < 0 {
		t.hostEnd = len(t.noQuery)
		t.path, t.pathNoQuery = "/"+url[t.hostEnd:], "/"
	} else {
		t.path, t.pathNoQuery = url[t.hostEnd:], t.noQuery[t.hostEnd:]
	}
	return t
}

func (t *urlTarget) host() string { return t.whole[:t.hostEnd] }

// matches reports whether a page's address matches: without its query unless the pattern has one.
func (p *urlPattern) matches(t urlTarget) bool {
	switch {
	case p.pathOnly && p.query:
		return glob(p.glob, t.path)
	case p.pathOnly:
		return glob(p.glob, t.pathNoQuery)
	case p.query:
		return glob(p.glob, t.whole)
	}
	return glob(p.glob, t.noQuery)
}

// glob matches * against any run without '/', ** against any run. It walks both strings once per **, as each further **
// makes the choices of the one before it final.
func glob(p, s string) bool {
	var (
		star, starAt     = -1, 0 // the last *: where the pattern goes on, and how far it took s
		double, doubleAt = -1, 0 // the last **
	)
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i+1 < len(p) && p[i] == '*' && p[i+1] == '*':
			double, doubleAt = i+2, j
			star = -1
			i += 2
		case i < len(p) && p[i] == '*':
			star, starAt = i+1, j
			i++
		case i < len(p) && p[i] == s[j]:
			i++
			j++
		case star >= 0 && s[starAt] != '/':
			starAt++
			i, j = star, starAt
		case double >= 0:
			doubleAt++
			i, j = double, doubleAt
			star = -1
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
