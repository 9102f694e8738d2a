package pages

import (
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/placard/placard/targeting/pagecontext"
)

// Request is what a page request says about its page, as raw bytes: nothing here is kept.
type Request struct {
	Site string
	// Fields in the order of the HTTP contract; all optional but URL.
	URL, Title, Description, Section, Text, Language, Kind, Published []byte
	Keywords                                                          [][]byte
	Sensitive, NoAds                                                  bool
	// Fetch holds the domains of the site if Placard may fetch its pages, nil if not.
	Fetch []string
}

// hash covers every byte that classification reads. Lengths separate the fields.
func (r *Request) hash(d *xxhash.Digest) uint64 {
	d.Reset()
	var n [4]byte
	put := func(b []byte) {
		l := len(b)
		n[0], n[1], n[2], n[3] = byte(l), byte(l>>8), byte(l>>16), byte(l>>24)
		_, _ = d.Write(n[:])
		_, _ = d.Write(b)
	}
	_, _ = d.WriteString(r.Site)
	put(r.URL)
	put(r.Title)
	put(r.Description)
	put(r.Section)
	put(r.Text)
	put(r.Language)
	put(r.Kind)
	put(r.Published)
	for _, k := range r.Keywords {
		put(k)
	}
	flags := [2]byte{}
	if r.Sensitive {
		flags[0] = 1
	}
	if r.NoAds {
		flags[1] = 1
	}
	put(flags[:])
	return d.Sum64()
}

var digests = sync.Pool{New: func() any { return xxhash.New() }}

// input copies r for the classifier.
func (r *Request) input(url string) pagecontext.Input {
	in := pagecontext.Input{
		URL: url, Title: string(r.Title), Description: string(r.Description), Section: string(r.Section), Text: string(r.Text),
		Language: string(r.Language), Kind: string(r.Kind), Sensitive: r.Sensitive, NoAds: r.NoAds,
	}
	for _, k := range r.Keywords {
		in.Keywords = append(in.Keywords, string(k))
	}
	// A date that cannot be read costs the story its age, not its ads.
	in.Published, _ = time.Parse(time.RFC3339, string(r.Published))
	return in
}
