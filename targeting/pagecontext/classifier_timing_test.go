package pagecontext

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// longArticle returns a text of n bytes from stories of the test data: prose as it is printed, about many things, which
// is the worst that rules can meet.
func longArticle(tb testing.TB, n int) string {
	tb.Helper()
	b, err := os.ReadFile("testdata/articles-1.txt")
	if err != nil {
		tb.Fatal(err)
	}
	var text strings.Builder
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "==") {
			text.WriteString(line)
		}
	}
	if text.Len() < n {
		tb.Fatal("the test data is too short")
	}
	return text.String()[:n]
}

// cpuTime is what the process has used of the cores, which a busy machine does not stretch as it does the clock.
func cpuTime(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkClassify is of what one miss of the page cache costs. The target is 150 µs and 10 allocations for a long
// article, 15 µs for what comes with a request of a page whose text is unknown.
func BenchmarkClassify(b *testing.B) {
	c := newTestClassifier(b)
	title := "Istanbul peace talks collapse as neighbours trade threats of war"
	for _, k := range []struct {
		name string
		in   Input
	}{
		{"article=20KB", Input{URL: "https://paper.example/world/story", Title: title, Text: longArticle(b, 20<<10)}},
		{"article=3KB", Input{URL: "https://paper.example/world/story", Title: title, Text: longArticle(b, 3<<10)}},
		{"headline+description", Input{URL: "https://paper.example/world/story", Title: title,
			Description: "Delegations leave Turkey after four days without a joint statement. Each side blames the other for sheltering terrorist groups."}},
	} {
		b.Run(k.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(k.in.Title) + len(k.in.Description) + len(k.in.Text)))
			from := cpuTime(b)
			for b.Loop() {
				c.Classify(&k.in)
			}
			b.ReportMetric(float64((cpuTime(b)-from).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}

// BenchmarkReference is the least that looking at every word of the same article can cost with the standard library:
// lower case, and cut at white space. On a busy machine the ratio to it tells more than the time does.
func BenchmarkReference(b *testing.B) {
	text := longArticle(b, 20<<10)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	from := cpuTime(b)
	n := 0
	for b.Loop() {
		n += len(strings.Fields(strings.ToLower(text)))
	}
	b.ReportMetric(float64((cpuTime(b)-from).Nanoseconds())/float64(b.N), "cpu-ns/op")
	if n == 0 {
		b.Fatal("no words")
	}
}

// BenchmarkNewClassifier reports what the compiled rules keep in memory.
func BenchmarkNewClassifier(b *testing.B) {
	var before, after runtime.MemStats
	var keep *Classifier
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		c, err := NewClassifier(Options{})
		if err != nil {
			b.Fatal(err)
		}
		keep = c
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB-held")
	runtime.KeepAlive(keep)
}
