package configs

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "rewrite the messages in testdata")

// base is a small configuration without a mistake, with assets that cases use.
func base(t testing.TB) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{
		"assets/renamed.jpg": {Data: picture(t, 300, 250)},
		"assets/broken.png":  {Data: picture(t, 300, 250)[:20]},
		"assets/broken.svg":  {Data: []byte("<html></html>")},
		"assets/drawing.svg": {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)},
		"assets/notes.txt":   {Data: []byte("to be drawn")},
		"assets/banner.html": {Data: []byte("<!doctype html><title>Shoes</title>")},
	}
	for _, s := range []Size{{970, 250}, {1940, 500}, {300, 250}} {
		out[fmt.Sprintf("assets/%dx%d.png", s.W, s.H)] = &fstest.MapFile{Data: picture(t, s.W, s.H)}
	}
	files, err := filepath.Glob("testdata/base/*.yaml")
	if err != nil || len(files) != 3 {
		t.Fatalf("testdata/base has %d files, want 3 (%v)", len(files), err)
	}
	for _, f := range files {
		out[filepath.Base(f)] = &fstest.MapFile{Data: read(t, f)}
	}
	return out
}

func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// with lays a case over the base. A site or server of its own takes the place of the base's.
func with(t testing.TB, name string) fstest.MapFS {
	out := base(t)
	for _, kind := range []string{"site", "server"} {
		if strings.HasPrefix(name, kind+"-") {
			delete(out, kind+".yaml")
		}
	}
	out[name] = &fstest.MapFile{Data: read(t, filepath.Join("testdata", name))}
	return out
}

func print(ps Problems) string {
	var b strings.Builder
	ps.Print(&b)
	return b.String()
}

// TestMessages compares what each mistake is answered with, word by word, with the file beside it.
func TestMessages(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yaml")
	if err != nil || len(files) < 30 {
		t.Fatalf("testdata has %d bad files, want 30 or more (%v)", len(files), err)
	}
	for _, f := range files {
		name := filepath.Base(f)
		t.Run(strings.TrimSuffix(name, ".bad.yaml"), func(t *testing.T) {
			_, problems := Load(with(t, name), "")
			if len(problems) == 0 {
				t.Error("nothing was found")
			}
			got, golden := print(problems), strings.TrimSuffix(f, ".yaml")+".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(read(t, golden)); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestGood(t *testing.T) {
	files, err := filepath.Glob("testdata/*.good.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("testdata has %d good files, want 2 or more (%v)", len(files), err)
	}
	if _, problems := Load(base(t), ""); len(problems) > 0 {
		t.Fatalf("the base has problems:\n%s", print(problems))
	}
	for _, f := range files {
		name := filepath.Base(f)
		cfg, problems := Load(with(t, name), "")
		if len(problems) > 0 {
			t.Errorf("%s has problems:\n%s", name, print(problems))
		}
		if len(cfg.Advertisers) != 1 {
			t.Errorf("%s: %d advertisers, want 1", name, len(cfg.Advertisers))
		}
	}
}

// TestEverything checks values and inheritance of a file that uses all there is.
func TestEverything(t *testing.T) {
	cfg, problems := Load(with(t, "everything.good.yaml"), "")
	if len(problems) > 0 {
		t.Fatal(print(problems))
	}
	c := cfg.Advertisers[0].Campaigns[0]
	li := c.LineItems[0]
	for _, x := range []struct {
		what      string
		got, want any
	}{
		{"flight", c.Start.UTC().Format("2006-01-02T15:04"), "2026-03-01T13:00"}, // winter time
		{"flight end", c.End.UTC().Format("2006-01-02T15:04"), "2026-06-02T00:00"},
		{"line item's flight", li.Start.UTC().Format("2006-01-02T15:04"), "2026-04-01T04:00"},
		{"campaign's budget", c.BudgetDaily, int64(120_500_000)},
		{"cpm", li.CPM, int64(3_205_000)},
		{"goal", li.GoalTotal, int64(400_000)},
		{"priority", li.Priority, 6},
		{"labels", strings.Join(li.Labels, " "), "leather sale shoes"},
		{"suitability", li.Suitability.Name, "standard"},
		{"inherited suitability", c.LineItems[1].Suitability.Name, "open"},
		{"default priority", c.LineItems[1].Priority, defaultPriority["backfill"]},
		{"without id", li.ServeWithoutID, true},
		{"caps", len(li.Caps), 3},
		{"placements", strings.Join(li.Placements, " "), "top end"},
		{"weight", li.Creatives[0].Weight, 3},
		{"default weight", li.Creatives[1].Weight, 1},
		{"assets", strings.Join(cfg.Assets, " "), "assets/1940x500.png assets/300x250.png assets/970x250.png assets/banner.html assets/drawing.svg"},
	} {
		if x.got != x.want {
			t.Errorf("%s is %v, want %v", x.what, x.got, x.want)
		}
	}
}

// TestProblemsAreSortedAndPlaced holds for all bad files at once: problems come by place, and each place exists.
func TestProblemsAreSortedAndPlaced(t *testing.T) {
	all := base(t)
	files, _ := filepath.Glob("testdata/*.bad.yaml")
	lines := map[string]int{}
	for name, f := range all {
		lines[name] = bytes.Count(f.Data, []byte("\n")) + 1
	}
	for _, f := range files {
		b := read(t, f)
		all[filepath.Base(f)] = &fstest.MapFile{Data: b}
		lines[filepath.Base(f)] = bytes.Count(b, []byte("\n")) + 1
	}
	_, problems := Load(all, "")
	if len(problems) < 100 {
		t.Fatalf("%d problems, want 100 or more", len(problems))
	}
	sorted := append(Problems(nil), problems...)
	sorted.Sort()
	for i, p := range problems {
		if p != sorted[i] {
			t.Fatalf("problem %d is %s, but in order it would be %s", i, p, sorted[i])
		}
		n, known := lines[p.Pos.File]
		if p.Pos.File != "." && (!known || p.Pos.Line > n) {
			t.Errorf("%s points to no line of a file", p)
		}
		if strings.Contains(p.Message, "%!") || p.Message == "" {
			t.Errorf("%s is not a message", p)
		}
	}
}

func TestTwoFiles(t *testing.T) {
	fsys := base(t)
	minimal := read(t, "testdata/minimal.good.yaml")
	fsys["a/first.yaml"] = &fstest.MapFile{Data: minimal}
	fsys["b/second.yml"] = &fstest.MapFile{Data: minimal}
	fsys["c/site.yaml"] = &fstest.MapFile{Data: read(t, "testdata/base/site.yaml")}
	fsys["c/server.yaml"] = &fstest.MapFile{Data: read(t, "testdata/base/server.yaml")}
	fsys[".git/third.yaml"] = &fstest.MapFile{Data: minimal}
	fsys["a/.hidden.yaml"] = &fstest.MapFile{Data: minimal}
	fsys["a/notes.md"] = &fstest.MapFile{Data: []byte("not ours")}
	_, problems := Load(fsys, "")
	want := `b/second.yml:1:1: the advertiser "acme" is defined twice, first at a/first.yaml:1:1
b/second.yml:3:5: the campaign "spring" is defined twice, first at a/first.yaml:3:5
b/second.yml:6:9: the line item "shoes" is defined twice, first at a/first.yaml:6:9
b/second.yml:9:13: the creative "a" is defined twice, first at a/first.yaml:9:13
server.yaml:1:9: server is set twice, first at c/server.yaml:1:9
site.yaml:1:1: the site "news" is defined twice, first at c/site.yaml:1:1
site.yaml:6:5: the placement "top" is defined twice, first at c/site.yaml:6:5
site.yaml:7:5: the placement "end" is defined twice, first at c/site.yaml:7:5
`
	if got := print(problems); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOneFile(t *testing.T) {
	_, problems := Load(with(t, "minimal.good.yaml"), "minimal.good.yaml")
	if got, want := print(problems), ".: there is no site: a file with site, domains and placements is needed\n"; got != want {
		t.Errorf("an advertiser alone: got %q, want %q", got, want)
	}
	cfg, problems := Load(base(t), "site.yaml")
	if len(problems) > 0 || len(cfg.Sites) != 1 {
		t.Errorf("a site alone: %d sites, problems:\n%s", len(cfg.Sites), print(problems))
	}
	_, problems = Load(base(t), "none.yaml")
	if problems.Errors() != 1 {
		t.Errorf("a file that is not there: %s", print(problems))
	}
	_, problems = Load(fstest.MapFS{"readme.txt": {}}, "")
	if got, want := print(problems), ".: there is no *.yaml file here\n"; got != want {
		t.Errorf("no file: got %q, want %q", got, want)
	}
}

func TestTooLarge(t *testing.T) {
	fsys := with(t, "minimal.good.yaml")
	fsys["huge.yaml"] = &fstest.MapFile{Data: bytes.Repeat([]byte("# nothing\n"), maxFileBytes/10+1)}
	fsys["assets/300x250.png"] = &fstest.MapFile{Data: append(picture(t, 300, 250), make([]byte, maxAsset)...)}
	_, problems := Load(fsys, "")
	got := print(problems)
	for _, want := range []string{"huge.yaml: the file is larger than 16 MiB\n", fmt.Sprintf("assets/300x250.png has %d bytes; the limit is 8388608\n", len(fsys["assets/300x250.png"].Data))} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%swithout %q", got, want)
		}
	}
}

// TestRevision holds that the revision names the content: of files and of assets, whoever stored them.
func TestRevision(t *testing.T) {
	fsys := with(t, "everything.good.yaml")
	revision := func(change func(fstest.MapFS)) string {
		c := maps.Clone(fsys)
		change(c)
		cfg, problems := Load(c, "")
		if problems.Errors() > 0 {
			t.Fatal(print(problems))
		}
		if len(cfg.Revision) != 12 {
			t.Fatalf("revision %q", cfg.Revision)
		}
		return cfg.Revision
	}
	first := revision(func(fstest.MapFS) {})
	if again := revision(func(fstest.MapFS) {}); again != first {
		t.Errorf("the same configuration has revisions %s and %s", first, again)
	}
	if other := revision(func(c fstest.MapFS) { c["notes.md"] = &fstest.MapFile{Data: []byte("x")} }); other != first {
		t.Error("a file that is no part of the configuration changes the revision")
	}
	seen := map[string]string{first: "nothing"}
	for what, change := range map[string]func(fstest.MapFS){
		"a comment": func(c fstest.MapFS) {
			c["site.yaml"] = &fstest.MapFile{Data: append([]byte("# a\n"), c["site.yaml"].Data...)}
		},
		"an asset": func(c fstest.MapFS) {
			c["assets/drawing.svg"] = &fstest.MapFile{Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"></svg>`)}
		},
		"a file's name": func(c fstest.MapFS) { c["other.yaml"] = c["everything.good.yaml"]; delete(c, "everything.good.yaml") },
	} {
		r := revision(change)
		if before, dup := seen[r]; dup {
			t.Errorf("%s has the revision of %s", what, before)
		}
		seen[r] = what
	}
}

// unreadable fails on one file.
type unreadable struct {
	fs.FS
	name string
}

func (u unreadable) Open(name string) (fs.File, error) {
	if name == u.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return u.FS.Open(name)
}

func (u unreadable) ReadFile(name string) ([]byte, error) {
	f, err := u.Open(name)
	if err != nil {
		return nil, err
	}
	f.Close()
	return fs.ReadFile(u.FS, name)
}

func TestUnreadable(t *testing.T) {
	_, problems := Load(unreadable{with(t, "minimal.good.yaml"), "targets.yaml"}, "")
	if got, want := print(problems), "targets.yaml: open targets.yaml: permission denied\n"; !strings.Contains(got, "targets.yaml: ") || !strings.Contains(got, "permission") {
		t.Errorf("got %q, want something like %q", got, want)
	}
}

// FuzzLoad loads any bytes as a file beside the base. Nothing panics or hangs, what is found has a place, and loading
// twice finds the same.
func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	for _, name := range files {
		f.Add(read(f, name))
	}
	f.Add([]byte("advertiser: &a {x: *a}"))
	f.Add([]byte("targets: {a: {use: a}, ? {b: c} : d}"))
	f.Add([]byte("site: x\nplacements: !!binary aGVsbG8="))
	f.Add([]byte("<<: {advertiser: a}\n"))
	whole := base(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		fsys := maps.Clone(whole)
		fsys["fuzz.yaml"] = &fstest.MapFile{Data: b}
		_, first := Load(fsys, "")
		_, second := Load(fsys, "")
		if print(first) != print(second) {
			t.Errorf("twice loaded, found\n%s\nand\n%s", print(first), print(second))
		}
		for _, p := range first {
			if p.Pos.File == "" || p.Message == "" {
				t.Errorf("a problem without place or words: %#v", p)
			}
		}
	})
}
