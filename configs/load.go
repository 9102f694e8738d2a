package configs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Load reads every *.yaml and *.yml file below the root of fsys, hidden ones left out. If only is not "", it reads that file alone.
// It returns all problems it finds, sorted by place; with errors among them the Config must not be used.
func Load(fsys fs.FS, only string) (*Config, Problems) {
	l := &loader{fs: fsys, cfg: &Config{FS: fsys, Server: defaultServer()}, ids: map[string]Pos{}, assets: map[string]assetUse{}}
	names, err := yamlFiles(fsys, only)
	if err != nil {
		l.problems = append(l.problems, Problem{Pos: Pos{File: "."}, Message: "the configuration cannot be read: " + err.Error()})
		return l.cfg, l.problems
	}
	if len(names) == 0 {
		l.problems = append(l.problems, Problem{Pos: Pos{File: "."}, Message: "there is no *.yaml file here"})
		return l.cfg, l.problems
	}
	hash := sha256.New()
	for _, name := range names {
		b, err := fs.ReadFile(fsys, name)
		if err == nil && len(b) > maxFileBytes {
			err = fmt.Errorf("the file is larger than %d MiB", maxFileBytes>>20)
		}
		if err != nil {
			l.problems = append(l.problems, Problem{Pos: Pos{File: name}, Message: err.Error()})
			continue
		}
		fmt.Fprintf(hash, "%s %d\n", name, len(b))
		_, _ = hash.Write(b)
		l.file(name, b)
	}
	// Sites first: targets name their placements and sections.
	for _, d := range l.docs["site"] {
		l.site(d)
	}
	for _, d := range l.docs["targets"] {
		l.targets(d)
	}
	for _, d := range l.docs["advertiser"] {
		l.advertiser(d)
	}
	l.unusedTargets()
	for _, d := range l.docs["server"] {
		l.server(d)
	}
	for _, d := range l.docs["users"] {
		l.users(d)
	}
	for _, d := range l.docs["tokens"] {
		l.tokens(d)
	}
	for _, d := range l.docs["schedules"] {
		l.schedules(d)
	}
	l.crossCheck()
	l.checkAssets(hash)
	if only == "" {
		l.rules(hash)
	}
	slices.SortFunc(l.cfg.Advertisers, func(a, b Advertiser) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(l.cfg.Sites, func(a, b Site) int { return strings.Compare(a.ID, b.ID) })
	l.cfg.Revision = hex.EncodeToString(hash.Sum(nil))[:12]
	l.problems.Sort()
	return l.cfg, l.problems
}

type loader struct {
	fs       fs.FS
	cfg      *Config
	problems Problems
	docs     map[string][]document
	ids      map[string]Pos // kind and id, to find duplicates
	named    map[string]namedTarget
	assets   map[string]assetUse
	clauses  int // of the target being read
}

type document struct {
	r    *reader
	node *yaml.Node
}

func yamlFiles(fsys fs.FS, only string) ([]string, error) {
	if only != "" {
		return []string{only}, nil
	}
	var names []string
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if p != "." && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if ext := path.Ext(p); !d.IsDir() && (ext == ".yaml" || ext == ".yml") {
			names = append(names, p)
			if len(names) > maxFiles {
				return fmt.Errorf("there are more than %d files", maxFiles)
			}
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

// kinds are the top-level keys that tell what a file is about.
var kinds = []string{"server", "users", "tokens", "schedules", "site", "advertiser", "targets"}

func (l *loader) file(name string, b []byte) {
	r := &reader{file: name, problems: &l.problems}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	var doc, second yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		r.warnf(nil, "the file is empty")
		return
	}
	if err != nil {
		l.problems = append(l.problems, yamlProblem(name, err))
		return
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		at := Pos{File: name, Line: second.Line, Col: max(second.Column, 1)}
		l.problems = append(l.problems, Problem{Pos: at, Message: "a second YAML document begins here: move it to a file of its own"})
	}
	n := doc.Content[0]
	if at, why := boundAliases(n); at != nil {
		r.errorf(at, "%s", why)
		return
	}
	if n.Kind != yaml.MappingNode {
		r.errorf(n, "a configuration file must be a map, not %s", kindName(n))
		return
	}
	var found []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		if slices.Contains(kinds, n.Content[i].Value) {
			found = append(found, n.Content[i].Value)
		}
	}
	switch {
	case len(found) == 0:
		first := ""
		if len(n.Content) > 0 {
			first = n.Content[0].Value
		}
		r.errorf(n, "the file must have one of the keys %s%s", strings.Join(kinds, ", "), nearestHint(first))
	case len(found) > 1 && (slices.Contains(found, "site") || slices.Contains(found, "advertiser")):
		r.errorf(n, "the file is about %s at once: split it", strings.Join(found, " and "))
	default:
		if l.docs == nil {
			l.docs = map[string][]document{}
		}
		for _, k := range found {
			l.docs[k] = append(l.docs[k], document{r, n})
		}
	}
}

func nearestHint(first string) string {
	h := nearest(first, kinds)
	if strings.HasPrefix(h, "; did you mean") {
		return h
	}
	return ""
}

// boundAliases finds an alias that stands within what it stands for, or aliases that stand for more than could be meant: a few lines may
// stand for thousands of millions. at is nil if there is nothing of the kind.
func boundAliases(root *yaml.Node) (at *yaml.Node, why string) {
	const reading = -1
	sizes := map[*yaml.Node]int{} // of anchored nodes, aliases followed
	added := 0
	var size func(n *yaml.Node) int
	size = func(n *yaml.Node) int {
		if at != nil {
			return 0
		}
		if n.Kind == yaml.AliasNode {
			s, done := sizes[n.Alias]
			switch {
			case s == reading:
				at, why = n, "the alias *"+n.Value+" stands within what it stands for"
				return 0
			case !done:
				s = size(n.Alias)
			}
			if added = min(added+s, 2*maxExpanded); added > maxExpanded && at == nil {
				at, why = n, fmt.Sprintf("the aliases of this file stand for more than %d values", maxExpanded)
			}
			return s
		}
		if n.Anchor != "" {
			sizes[n] = reading
		}
		total := 1
		for _, c := range n.Content {
			total = min(total+size(c), 2*maxExpanded)
		}
		if n.Anchor != "" {
			sizes[n] = total
		}
		return total
	}
	size(root)
	return at, why
}

// yamlProblem finds the line that the parser complains about.
func yamlProblem(name string, err error) Problem {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	p := Pos{File: name}
	if rest, ok := strings.CutPrefix(msg, "line "); ok {
		var line int
		if _, err := fmt.Sscanf(rest, "%d:", &line); err == nil {
			p.Line, p.Col = line, 1
			_, msg, _ = strings.Cut(rest, ": ")
		}
	}
	return Problem{Pos: p, Message: "not valid YAML: " + msg}
}

// unique reports an id that was used before.
func (l *loader) unique(r *reader, n *yaml.Node, kind, id, within string) bool {
	if id == "" {
		return false
	}
	key := kind + " " + within + "/" + id
	if first, dup := l.ids[key]; dup {
		r.errorf(n, "the %s %q is defined twice, first at %s", kind, id, first)
		return false
	}
	l.ids[key] = r.pos(n)
	return true
}

func (l *loader) server(d document) {
	top := d.r.mapping(d.node, "the file")
	n := top.get("server")
	top.get("users")
	top.get("tokens")
	top.get("targets")
	top.get("schedules")
	top.done()
	if first := l.cfg.Server.Pos; first.File != "" {
		d.r.errorf(n, "server is set twice, first at %s", first)
		return
	}
	s := &l.cfg.Server
	s.Pos = d.r.pos(n)
	m := d.r.mapping(n, "server")
	s.Listen = m.str("listen", s.Listen)
	if _, _, err := net.SplitHostPort(s.Listen); err != nil {
		d.r.errorf(m.get("listen"), "listen must be host:port such as 127.0.0.1:8080, not %q", cut(s.Listen))
	}
	s.Data = m.str("data", s.Data)
	s.PublicURL = strings.TrimSuffix(m.str("public_url", ""), "/")
	if s.PublicURL != "" {
		u, err := url.Parse(s.PublicURL)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			d.r.errorf(m.get("public_url"), "public_url must be a web address such as https://ads.example, not %q", cut(s.PublicURL))
		}
	}
	s.Currency = m.str("currency", s.Currency)
	if len(s.Currency) != 3 || strings.ToUpper(s.Currency) != s.Currency {
		d.r.errorf(m.get("currency"), "currency must be a code of ISO 4217 such as USD or PKR, not %q", cut(s.Currency))
	}
	s.TrustedProxies = l.prefixes(d.r, m.get("trusted_proxies"), "trusted_proxies")
	s.CityDB = m.str("city_db", "")
	if n := m.get("metrics_from"); n != nil {
		s.MetricsFrom = l.prefixes(d.r, n, "metrics_from")
	}
	if n := m.get("token_ttl"); n != nil {
		if t := d.r.duration(n, "token_ttl"); t != 0 {
			if t < time.Minute || t > 48*time.Hour {
				d.r.errorf(n, "token_ttl must be from 1m to 48h")
			} else {
				s.TokenTTL = t
			}
		}
	}
	s.FetchPrivate = m.boolean("fetch_private")
	if n := m.get("store"); n != nil {
		l.store(d.r, n)
	}
	if n := m.get("mail"); n != nil {
		l.mail(d.r, n)
	}
	if n := m.get("redis"); n != nil {
		l.redis(d.r, n)
	}
	s.DataCentres = l.prefixes(d.r, m.get("data_centres"), "data_centres")
	m.done()
}

func (l *loader) store(r *reader, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		switch n.Value {
		case "duckdb":
		case "clickhouse":
			r.errorf(n, "a ClickHouse store needs its addresses: {clickhouse: {addresses: [\"127.0.0.1:9000\"]}}")
		default:
			r.errorf(n, "store cannot be %q%s", cut(n.Value), nearest(n.Value, []string{"duckdb", "clickhouse"}))
		}
		return
	}
	m := r.mapping(n, "store")
	if k := m.get("keep_events"); k != nil {
		l.cfg.Server.KeepEvents = r.duration(k, "keep_events")
	}
	if k := m.get("keep_rollups"); k != nil {
		l.cfg.Server.KeepRollups = r.duration(k, "keep_rollups")
	}
	if cn := m.get("clickhouse"); cn != nil {
		c := r.mapping(cn, "clickhouse")
		ch := &ClickHouse{
			Addresses: r.strs(c.get("addresses"), "addresses"), Protocol: c.oneOf("protocol", []string{"native", "http"}, "native"),
			Database: c.str("database", "placard"), Username: c.str("username", "default"), PasswordFile: c.str("password_file", ""),
			Cluster: c.str("cluster", ""),
		}
		if len(ch.Addresses) == 0 {
			r.errorf(cn, "clickhouse needs addresses, such as [\"127.0.0.1:9000\"]")
		}
		for i, a := range ch.Addresses {
			if _, _, err := net.SplitHostPort(a); err != nil {
				r.errorf(r.list(c.get("addresses"))[i], "an address is host:port, not %q", cut(a))
			}
		}
		for _, c := range ch.Database {
			if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
				r.errorf(cn, "database must be letters, digits and '_'")
				break
			}
		}
		c.done()
		l.cfg.Server.ClickHouse = ch
	}
	m.done()
}

func (l *loader) redis(r *reader, n *yaml.Node) {
	m := r.mapping(n, "redis")
	c := &Redis{
		Addresses: r.strs(m.get("addresses"), "addresses"), Username: m.str("username", ""), PasswordFile: m.str("password_file", ""),
		Prefix: m.str("prefix", "placard:"), Strict: m.boolean("strict"),
	}
	if len(c.Addresses) == 0 {
		r.errorf(n, "redis needs addresses, such as [\"127.0.0.1:6379\"]")
	}
	for i, a := range c.Addresses {
		if _, _, err := net.SplitHostPort(a); err != nil {
			r.errorf(r.list(m.get("addresses"))[i], "an address is host:port, not %q", cut(a))
		}
	}
	m.done()
	l.cfg.Server.Redis = c
}

func (l *loader) prefixes(r *reader, n *yaml.Node, what string) []netip.Prefix {
	var out []netip.Prefix
	for _, c := range r.list(n) {
		s := r.str(c, what)
		p, err := netip.ParsePrefix(s)
		if err != nil {
			if a, aerr := netip.ParseAddr(s); aerr == nil {
				p, err = netip.PrefixFrom(a, a.BitLen()), nil
			}
		}
		if err != nil {
			r.errorf(c, "%s holds networks such as 10.0.0.0/8, not %q", what, cut(s))
			continue
		}
		out = append(out, p.Masked())
	}
	return out
}

func (l *loader) users(d document) {
	top := d.r.mapping(d.node, "the file")
	list := d.r.items(top.get("users"), "users")
	top.get("server")
	top.get("tokens")
	top.get("targets")
	top.get("schedules")
	top.done()
	for _, n := range list {
		m := d.r.mapping(n, "a user")
		u := User{Pos: d.r.pos(n), Name: m.required("name"), Advertiser: m.str("advertiser", ""), Hash: m.required("password"), Epoch: m.str("epoch", "")}
		role := m.oneOf("role", []string{"advertiser", "ops"}, "advertiser")
		u.Ops = role == "ops"
		m.done()
		switch {
		case u.Ops && u.Advertiser != "":
			d.r.errorf(n, "an ops user sees every advertiser: leave advertiser out")
		case !u.Ops && u.Advertiser == "":
			d.r.errorf(n, "the user %q needs an advertiser, or role: ops", cut(u.Name))
		}
		if u.Hash != "" && !validHash(u.Hash) {
			d.r.errorf(m.known["password"], "password must be an argon2id hash as placard hash-password prints it, never the password itself")
		}
		if l.unique(d.r, n, "user", u.Name, "") {
			l.cfg.Users = append(l.cfg.Users, u)
		}
	}
}

func (l *loader) tokens(d document) {
	top := d.r.mapping(d.node, "the file")
	list := d.r.items(top.get("tokens"), "tokens")
	top.get("server")
	top.get("users")
	top.get("targets")
	top.get("schedules")
	top.done()
	for _, n := range list {
		m := d.r.mapping(n, "a token")
		t := Token{Pos: d.r.pos(n), ID: m.id("id"), Advertiser: m.str("advertiser", ""), Site: m.str("site", ""), Hash: m.required("hash")}
		t.Ops = m.oneOf("role", []string{"", "ops"}, "") == "ops"
		if e := m.get("expires"); e != nil {
			t.Expires = d.r.instant(e, "expires", time.UTC)
		}
		m.done()
		scopes := 0
		for _, set := range []bool{t.Advertiser != "", t.Site != "", t.Ops} {
			if set {
				scopes++
			}
		}
		if scopes != 1 {
			d.r.errorf(n, "the token %q needs exactly one of advertiser, site and role: ops", cut(t.ID))
		}
		if b, err := hex.DecodeString(t.Hash); t.Hash != "" && (err != nil || len(b) != sha256.Size) {
			d.r.errorf(m.known["hash"], "hash must be what placard new-token prints for the configuration, never the token itself")
		}
		if l.unique(d.r, n, "token", t.ID, "") {
			l.cfg.Tokens = append(l.cfg.Tokens, t)
		}
	}
}

func validHash(s string) bool {
	parts := strings.Split(s, "$")
	return len(parts) == 6 && parts[1] == "argon2id" && strings.HasPrefix(parts[2], "v=") && strings.HasPrefix(parts[3], "m=") && parts[4] != "" && parts[5] != ""
}

func (l *loader) site(d document) {
	m := d.r.mapping(d.node, "a site")
	s := Site{Pos: d.r.pos(d.node), ID: m.id("site")}
	s.Name = m.str("name", s.ID)
	s.Domains = d.r.strs(m.get("domains"), "domains")
	if len(s.Domains) == 0 {
		d.r.errorf(d.node, "a site needs its domains: pages of others are not answered")
	}
	for i, dom := range s.Domains {
		if dom != strings.ToLower(dom) || strings.ContainsAny(dom, "/: ") {
			d.r.errorf(d.r.list(m.get("domains"))[i], "a domain is a lower-case host name such as news.example, not %q", cut(dom))
		}
	}
	s.Language = m.str("language", defaultLanguage)
	s.Zone = m.zone("timezone", defaultZone)
	s.Label = map[string]string{"en": defaultLabel}
	if n := m.get("label"); n != nil {
		lm := d.r.mapping(n, "label")
		for _, lang := range lm.keys {
			s.Label[lang] = lm.str(lang, "")
		}
	}
	s.FetchPages = m.boolean("fetch_pages")
	s.PushTokens = l.pushTokens(d.r, m.get("push_tokens"))
	s.Sections = d.r.strs(m.get("sections"), "sections")
	s.MaxHouse = int(m.whole("max_house", 16, 0))
	list := d.r.items(m.get("placements"), "placements")
	if len(list) == 0 {
		d.r.errorf(d.node, "a site needs placements")
	}
	adjacent := map[string][]*yaml.Node{}
	for _, n := range list {
		pm := d.r.mapping(n, "a placement")
		p := Placement{Pos: d.r.pos(n), ID: pm.id("id"), Floor: pm.money("floor", 6)}
		for _, sn := range d.r.list(pm.get("sizes")) {
			if sz, ok := d.r.size(sn); ok {
				p.Sizes = append(p.Sizes, sz)
			}
		}
		if len(p.Sizes) == 0 {
			d.r.errorf(n, "the placement %q needs sizes", p.ID)
		}
		p.Adjacent = d.r.strs(pm.get("adjacent"), "adjacent")
		adjacent[p.ID] = d.r.list(pm.get("adjacent"))
		pm.done()
		if l.unique(d.r, n, "placement", p.ID, s.ID) {
			s.Placements = append(s.Placements, p)
		}
	}
	ids := make([]string, len(s.Placements))
	for i, p := range s.Placements {
		ids[i] = p.ID
	}
	for _, p := range s.Placements {
		for _, n := range adjacent[p.ID] {
			if !slices.Contains(ids, n.Value) || n.Value == p.ID {
				d.r.errorf(n, "adjacent names the other placements of the site, not %q%s", cut(n.Value), nearest(n.Value, ids))
			}
		}
	}
	m.done()
	if l.unique(d.r, d.node, "site", s.ID, "") {
		l.cfg.Sites = append(l.cfg.Sites, s)
	}
}
