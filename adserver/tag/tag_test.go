package tag_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"testing"

	"github.com/placard/placard/adserver/tag"
	"github.com/placard/placard/adserver/tag/bundle"
)

func TestBuildIsOfTheSource(t *testing.T) {
	src, err := os.ReadFile("tag.js")
	if err != nil {
		t.Fatal(err)
	}
	want, err := bundle.Minify(src)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, tag.JS()) {
		t.Error("dist/tag.js is not what tag.js builds: run go generate ./adserver/tag")
	}
}

// The weight a page pays for the tag.
const maxGzip = 6 << 10

func TestTagIsSmall(t *testing.T) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(tag.JS()); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if b.Len() > maxGzip {
		t.Errorf("the tag is %d bytes gzipped; the limit is %d", b.Len(), maxGzip)
	}
}
