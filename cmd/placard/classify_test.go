package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// classify runs the command as the command line does.
func classify(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(&env{ctx: context.Background(), stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs}, append([]string{"classify"}, args...))
	return out.String(), errs.String(), code
}

func TestClassifyBatch(t *testing.T) {
	var in strings.Builder
	for i := range 200 {
		fmt.Fprintf(&in, `{"id":%d,"title":"Striker scores late winner in cup final","text":"The goalkeeper was beaten by a header.","url":"https://paper.example/%d"}`+"\n", i, i)
	}
	in.WriteString("\n" + `{"id":"ur-1","title":"استنبول میں امن مذاکرات ناکام","text":"دہشت گردوں کے حملے میں پانچ افراد ہلاک ہو گئے۔","language":"ur"}` + "\n")
	in.WriteString(`{"id":"zh","title":"部长们星期二会面","text":""}`)
	stdout, stderr, code := classify(t, in.String(), "--batch")
	if code != 0 || stderr != "" {
		t.Fatalf("code %d: %s", code, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if len(lines) != 202 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		var got classified
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		switch {
		case i < 200:
			if got.ID != float64(i) || got.Section != "sport" || got.Language != "en" && got.Language != "" || len(got.Topics) == 0 || len(got.Evidence) == 0 || len(got.Sensitive) != 0 {
				t.Fatalf("line %d: %s", i+1, line)
			}
		case i == 200:
			if got.ID != "ur-1" || got.Language != "ur" || !slices.ContainsFunc(got.Sensitive, func(s classifiedRisk) bool { return s.Topic == "terrorism" && s.Risk == "high" }) {
				t.Errorf("%s", line)
			}
		default:
			if got.Known || got.Section != "other" || !strings.Contains(line, `"topics":[]`) || !strings.Contains(line, `"sensitive":[]`) || !strings.Contains(line, `"evidence":[]`) {
				t.Errorf("%s", line)
			}
		}
	}
}

func TestClassifyBatchTellsTheLine(t *testing.T) {
	_, stderr, code := classify(t, `{"id":1,"title":"a"}`+"\n"+`{"id":2,`+"\n", "--batch")
	if code != 1 || !strings.Contains(stderr, "line 2 is not a page") {
		t.Errorf("code %d: %s", code, stderr)
	}
}

// The paper's own stories, as files of text: the page that started it all is known and sensitive, and the holiday
// in the same city is neither war nor unknown.
func TestClassifyPaper(t *testing.T) {
	for _, k := range []struct {
		story, section string
		sensitive      []string // nil: none at all
		topic          string
	}{
		{"istanbul-peace-talks-collapse", "world", []string{"terrorism", "death"}, "War and Conflicts"},
		{"istanbul-muzakrat-ki-nakami", "world", []string{"terrorism", "death"}, "War and Conflicts"},
		{"istanbul-breakfast-and-ferries", "travel", nil, "Travel"},
		{"lyari-ka-kutub-khana", "entertainment", nil, "Books and Literature"},
		{"naee-bayaz", "entertainment", nil, "Books and Literature"},
		{"lyari-wins-the-shoot-out", "sport", nil, "Soccer"},
		{"spinners-wait-quicks-attack", "sport", nil, "Cricket"},
		{"a-steady-hand-in-the-tenth", "sport", nil, "Sports"},
		{"makran-coast-earthquake", "world", []string{"death"}, "Disasters"},
		{"saddar-gold-market-robbery", "crime", []string{"crime"}, "Crime"},
		{"the-bank-leaves-its-rate-alone", "business", nil, "Interest Rates"},
		{"an-ear-for-forty-accents", "technology", nil, "Technology & Computing"},
	} {
		b, err := os.ReadFile(filepath.Join("paper", "stories", k.story+".md"))
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.SplitN(string(b), "---\n", 3)
		head := map[string]string{}
		for line := range strings.Lines(parts[1]) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
				head[key] = value
			}
		}
		line, err := json.Marshal(map[string]any{"id": k.story, "title": head["title"], "description": head["standfirst"], "text": parts[2], "language": head["language"]})
		if err != nil {
			t.Fatal(err)
		}
		stdout, stderr, code := classify(t, string(line), "--batch")
		var got classified
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 {
			t.Fatalf("%s: %v %s", k.story, err, stderr)
		}
		if !got.Known || got.Section != k.section {
			t.Errorf("%s: known %v, section %s, want %s", k.story, got.Known, got.Section, k.section)
		}
		if !slices.ContainsFunc(got.Topics, func(topic classifiedTopic) bool { return topic.Name == k.topic }) {
			t.Errorf("%s: topics %v, want %s", k.story, got.Topics, k.topic)
		}
		if k.sensitive == nil && len(got.Sensitive) != 0 {
			t.Errorf("%s: sensitive %v", k.story, got.Sensitive)
		}
		for _, want := range k.sensitive {
			if !slices.ContainsFunc(got.Sensitive, func(s classifiedRisk) bool { return s.Topic == want && s.Risk != "low" }) {
				t.Errorf("%s: %s is not among %v", k.story, want, got.Sensitive)
			}
		}
	}
}

func TestClassifyPage(t *testing.T) {
	const page = `<!doctype html><html lang="en"><head><meta property="og:title" content="Suicide bomber kills 20 at market"><meta name="placard:no-ads" content="true"></head><body><p>x</p></body></html>`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/story" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, page)
	}))
	defer srv.Close()
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, what := range []string{srv.URL + "/story", write("page.html", page)} {
		stdout, stderr, code := classify(t, "", what)
		if code != 0 || !strings.Contains(stdout, `"suicide bomber" in title (en/sensitive.rules:`) || !strings.Contains(stdout, "terrorism, high") || !strings.Contains(stdout, "no ads") {
			t.Errorf("%s: code %d\n%s%s", what, code, stdout, stderr)
		}
	}
	// A text is a title and what follows.
	if stdout, _, _ := classify(t, "Striker scores late winner\nThe goalkeeper was beaten by a header in the cup final.", "-"); !strings.Contains(stdout, "Soccer (533)") {
		t.Error(stdout)
	}
	rules := filepath.Join(dir, "rules")
	if err := os.Mkdir(rules, 0o700); err != nil {
		t.Fatal(err)
	}
	write("rules/own.rules", "section sport\n9 baize artist\n")
	if stdout, _, _ := classify(t, "Baize artist\n", "-", "--rules", rules, "--json"); !strings.Contains(stdout, `"section":"sport"`) {
		t.Error(stdout)
	}
	for _, k := range []struct {
		args []string
		want string
	}{
		{nil, "name a file or an address"},
		{[]string{filepath.Join(dir, "none")}, "no such file"},
		{[]string{srv.URL + "/none"}, "404"},
	} {
		if _, stderr, code := classify(t, "", k.args...); code == 0 || !strings.Contains(stderr, k.want) {
			t.Errorf("%v: code %d, %s", k.args, code, stderr)
		}
	}
}
