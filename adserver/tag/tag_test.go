package tag_test

import (
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/placard/placard/adserver/tag"
	"github.com/placard/placard/adserver/tag/bundle"
)

func TestBuildIsOfTheSource(t *testing.T) {
	want, err := bundle.Outputs(".")
	if err != nil {
		t.Fatal(err)
	}
	served := tag.Files()
	served["/tag.js"] = tag.JS()
	for name, b := range want {
		if !bytes.Equal(b, served["/"+name]) {
			t.Errorf("dist/%s is not what its source builds: run go generate ./adserver/tag", name)
		}
	}
	if len(want) != 3 {
		t.Errorf("%d files were built", len(want))
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
