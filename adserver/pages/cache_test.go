package pages

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/placard/placard/targeting/pagecontext"
)

var shipped = sync.OnceValues(func() (*pagecontext.Classifier, error) {
	return pagecontext.NewClassifier(pagecontext.Options{})
})

func newCache(t testing.TB, o Options) *Cache {
	t.Helper()
	k, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	o.Classifier = k
	if o.MaxBytes == 0 {
		o.MaxBytes = 8 << 20
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func get(t testing.TB, c *Cache, r *Request) *Entry {
	t.Helper()
	e, err := c.Get(r)
	if err != nil {
		t.Fatal(err)
	}
	c.entries.Wait()
	return e
}

func story(url string) *Request {
	return &Request{Site: "daily", URL: []byte(url), Title: []byte("Peace talks collapse as neighbours trade threats of war")}
}

func TestHitsAreTheSameEntry(t *testing.T) {
	c := newCache(t, Options{})
	first := get(t, c, story("https://paper.example/a"))
	if again := get(t, c, story("https://paper.example/a")); again != first {
		t.Error("a second request was understood anew")
	}
	if n := c.Stats().Classified; n != 1 {
		t.Errorf("classified %d times", n)
	}
	s := c.Stats()
	if s.Hits != 1 || s.Misses != 1 {
		t.Errorf("hits %d, misses %d, want 1 and 1", s.Hits, s.Misses)
	}
}

// Nobody can make others see a page differently by sending made-up words for it.
func TestWordsOfOneRequestAreNotAnothers(t *testing.T) {
	c := newCache(t, Options{})
	lie := story("https://paper.example/a")
	lie.Title = []byte("Beach holidays: where to find the best hotels and recipes this summer")
	if e := get(t, c, lie); e.Sensitivity != "" {
		t.Fatalf("the lie is sensitive: %s", e.Sensitivity)
	}
	if e := get(t, c, story("https://paper.example/a")); e.Sensitivity == "" {
		t.Error("the story is understood by the words of the other request")
	}
}

func TestMissesAtOnceShareOneClassification(t *testing.T) {
	c := newCache(t, Options{})
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if _, err := c.Get(story("https://paper.example/busy")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := c.Stats().Classified; n != 1 {
		t.Errorf("32 requests at once: %d classifications", n)
	}
}

func TestOldStoriesLiveLonger(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	c := newCache(t, Options{Now: func() time.Time { return now }})
	for _, k := range []struct {
		published time.Time
		want      time.Duration
	}{
		{time.Time{}, youngTTL}, {now.Add(-time.Hour), youngTTL}, {now.Add(-25 * time.Hour), oldTTL}, {now.Add(time.Hour), youngTTL},
	} {
		if got := c.ttl(k.published); got != k.want {
			t.Errorf("published %v: kept %v, want %v", k.published, got, k.want)
		}
	}
}

func TestCostBoundsMemory(t *testing.T) {
	c := newCache(t, Options{MaxBytes: 200 << 10})
	for i := range 500 {
		get(t, c, story(fmt.Sprintf("https://paper.example/story-%d", i)))
	}
	s := c.Stats()
	if s.Bytes > 200<<10 || s.Evictions == 0 {
		t.Errorf("%d bytes held of %d, %d evictions", s.Bytes, 200<<10, s.Evictions)
	}
}

func TestPushedPageIsKnownBetter(t *testing.T) {
	dir := t.TempDir()
	c := newCache(t, Options{Dir: dir})
	r := &Request{Site: "daily", URL: []byte("https://paper.example/a?utm_source=x"), Title: []byte("A quiet evening")}
	if e := get(t, c, r); e.Sensitivity != "" || e.Context.NoAds {
		t.Fatalf("before the push: %q", e.Sensitivity)
	}
	push := &Pushed{Site: "daily", URL: "https://paper.example/a", Title: "Suicide bomber kills 20 at market", NoAds: true}
	if err := c.Push(push); err != nil {
		t.Fatal(err)
	}
	check := func(c *Cache, when string) {
		t.Helper()
		if e := get(t, c, r); e.Sensitivity == "" || !e.Context.NoAds {
			t.Errorf("%s: sensitivity %q, no ads %v", when, e.Sensitivity, e.Context.NoAds)
		}
	}
	check(c, "after the push")
	c.entries.Clear()
	c.changes.Add(1)
	check(c, "after eviction")
	// What was acknowledged survives the process.
	later := newCache(t, Options{Dir: dir})
	check(later, "after a restart")
	if later.Stats().Pushed != 1 {
		t.Errorf("%d pushed pages", later.Stats().Pushed)
	}

	if had, err := c.Withdraw("other", "https://paper.example/a"); had || err != nil {
		t.Errorf("another site withdrew the page: %v, %v", had, err)
	}
	if had, err := c.Withdraw("daily", "https://paper.example/a"); !had || err != nil {
		t.Fatalf("withdraw: %v, %v", had, err)
	}
	if e := get(t, c, r); e.Sensitivity != "" || e.Context.NoAds {
		t.Error("what was withdrawn still counts")
	}
}

// The flags of a request stay set whatever is known of the page besides.
func TestFlagsOfRequestsStay(t *testing.T) {
	c := newCache(t, Options{Dir: t.TempDir()})
	if err := c.Push(&Pushed{Site: "daily", URL: "https://paper.example/a", Title: "A quiet evening"}); err != nil {
		t.Fatal(err)
	}
	r := &Request{Site: "daily", URL: []byte("https://paper.example/a"), NoAds: true}
	if e := get(t, c, r); !e.Context.NoAds || e.Context.Title != "A quiet evening" {
		t.Errorf("no ads %v, title %q", e.Context.NoAds, e.Context.Title)
	}
	r.NoAds = false
	if e := get(t, c, r); e.Context.NoAds {
		t.Error("the flag of one request is on another's")
	}
}

func TestPushesNeedADirectory(t *testing.T) {
	c := newCache(t, Options{})
	if err := c.Push(&Pushed{Site: "daily", URL: "https://paper.example/a"}); !errors.Is(err, ErrPushesOff) {
		t.Errorf("got %v", err)
	}
}

func TestRulesThatChangeAreUsed(t *testing.T) {
	c := newCache(t, Options{})
	get(t, c, story("https://paper.example/a"))
	k, err := pagecontext.NewClassifier(pagecontext.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.SetClassifier(k)
	get(t, c, story("https://paper.example/a"))
	if n := c.Stats().Classified; n != 2 {
		t.Errorf("classified %d times, want 2", n)
	}
}

func TestClosedCacheLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFetcher(FetchOptions{}, time.Now, func(string, *pagecontext.Input) {})
		f.close() // synctest fails the test if a goroutine stays
	})
}
