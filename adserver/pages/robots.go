package pages

import "strings"

// robots is a site's robots.txt, as far as it is about us (RFC 9309).
type robots struct {
	rules []robotsRule
}

type robotsRule struct {
	pattern string
	allow   bool
}

// maxRobots is what is read of a robots.txt: RFC 9309 asks for at least 500 KiB.
const maxRobots = 512 << 10

// robotsAgent is our name in robots.txt, in lower case.
const robotsAgent = "placardbot"

// parseRobots reads the groups for us or, if there is none, those for everybody.
func parseRobots(text string) robots {
	var ours, everybodys robots
	forUs, forAll, named, open := false, false, false, false
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		switch key {
		case "user-agent":
			if !open { // the first agent of a group
				forUs, forAll, open = false, false, true
			}
			switch v := strings.ToLower(value); {
			case v == "*":
				forAll = true
			case v != "" && strings.HasPrefix(robotsAgent, v):
				forUs, named = true, true
			}
		case "allow", "disallow":
			open = false
			if value == "" {
				continue // "Disallow:" forbids nothing
			}
			r := robotsRule{value, key == "allow"}
			if forUs {
				ours.rules = append(ours.rules, r)
			}
			if forAll {
				everybodys.rules = append(everybodys.rules, r)
			}
		default:
			// Sitemap, Crawl-delay and the like say nothing about paths.
		}
	}
	if named {
		return ours
	}
	return everybodys
}

// allows reports whether path, with its query, may be fetched: the longest pattern decides, and of two as long the
// one that allows.
func (r robots) allows(path string) bool {
	best, allow := -1, true
	for _, rule := range r.rules {
		if !robotsMatch(rule.pattern, path) {
			continue
		}
		if n := len(rule.pattern); n > best || n == best && rule.allow {
			best, allow = n, rule.allow
		}
	}
	return allow
}

// robotsMatch matches from the beginning of path. In pattern * stands for anything, and $ at the end for the end.
func robotsMatch(pattern, path string) bool {
	pattern, anchored := strings.CutSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(path, parts[0]) {
		return false
	}
	path = path[len(parts[0]):]
	for i, p := range parts[1:] {
		if anchored && i == len(parts)-2 {
			return strings.HasSuffix(path, p)
		}
		at := strings.Index(path, p)
		if at < 0 {
			return false
		}
		path = path[at+len(p):]
	}
	return !anchored || path == ""
}
