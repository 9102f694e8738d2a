package targeting

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// matches reports whether a value of the key satisfies the predicate.
func (k *KeyValue) matches(value string) bool {
	switch k.Op {
	case Prefix:
		for _, v := range k.Values {
			if strings.HasPrefix(value, v) {
				return true
			}
		}
	case Range:
		f, err := strconv.ParseFloat(value, 64)
		return err == nil && !math.IsNaN(f) && k.Min <= f && f <= k.Max
	default:
		for _, v := range k.Values {
			if value == v {
				return true
			}
		}
	}
	return false
}

// contains reports whether the instant falls in one of the spans of local time.
func (h *Hours) contains(now time.Time) bool {
	zone := h.Zone
	if zone == nil {
		zone = time.UTC
	}
	t := now.In(zone)
	minute := int16(t.Hour()*60 + t.Minute())
	day := uint8(1) << t.Weekday()
	for _, s := range h.Spans {
		if s.Days&day != 0 && s.From <= minute && minute < s.To {
			return true
		}
	}
	return false
}

// urlPattern is a compiled pattern of URLPattern.
type urlPattern struct {
	glob     string
	pathOnly bool
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
	return urlPattern{glob: p, pathOnly: strings.HasPrefix(p, "/")}, nil
}

// matches reports whether a canonical URL matches: without its scheme, and without its query unless
// the pattern has one.
func (p urlPattern) matches(url string) bool {
	if i := strings.Index(url, "://"); i >= 0 {
		url = url[i+3:]
	}
	if !strings.Contains(p.glob, "?") {
		url, _, _ = strings.Cut(url, "?")
	}
	if p.pathOnly {
		i := strings.IndexByte(url, '/')
		if i < 0 {
			url = "/"
		} else {
			url = url[i:]
		}
	}
	return glob(p.glob, url)
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
