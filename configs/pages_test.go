package configs

import (
	"strings"
	"testing"
	"testing/fstest"
)

const tokenHash = "a34f5e54c301d84aff2bed805701ddfaa79776276f78e8b1b8228fb5077a6f16"

func loadPages(t *testing.T, rules, token string) (*Config, string) {
	t.Helper()
	fsys := fstest.MapFS{"site.yaml": {Data: []byte("site: daily\ndomains: [daily.example]\npush_tokens: [\"" + token + "\"]\nplacements: [{id: top, sizes: [728x90]}]\n")}}
	if rules != "" {
		fsys["pages/own.rules"] = &fstest.MapFile{Data: []byte(rules)}
	}
	cfg, problems := Load(fsys, "")
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.String() + "\n")
	}
	return cfg, b.String()
}

func TestPageRules(t *testing.T) {
	plain, problems := loadPages(t, "", "sha256:"+tokenHash)
	if problems != "" || plain.Rules != nil || len(plain.Sites[0].PushTokens) != 1 {
		t.Fatalf("%s rules %v, tokens %v", problems, plain.Rules, plain.Sites[0].PushTokens)
	}
	with, problems := loadPages(t, "section sport\n3 baize artist\n", "sha256:"+tokenHash)
	if problems != "" || with.Rules == nil {
		t.Errorf("%s rules %v", problems, with.Rules)
	}
	if with.Revision == plain.Revision {
		t.Error("the rules are no part of the revision")
	}
	_, problems = loadPages(t, "section sport\ntopic Socer\nlanguage xx\n", "sha256:"+tokenHash)
	for _, want := range []string{`pages/own.rules:2:1: topic "Socer" is not in IAB Content Taxonomy 3.1`, `pages/own.rules:3:1: language "xx"`} {
		if !strings.Contains(problems, want) {
			t.Errorf("%q is not among\n%s", want, problems)
		}
	}
}

func TestPushTokensAreHashes(t *testing.T) {
	for _, token := range []string{"secret", "sha256:12", tokenHash} {
		if _, problems := loadPages(t, "", token); !strings.Contains(problems, "site.yaml:3:15: a push token is written as its hash") {
			t.Errorf("%s: %s", token, problems)
		}
	}
}
