//go:build browser

package main

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// TestContactSheet has a browser take the picture of a campaign.
func TestContactSheet(t *testing.T) {
	out := filepath.Join(t.TempDir(), "preview")
	if code, stdout, stderr := command(t, "preview", "../../configs/demo", "northwind/winter-escapes/istanbul-city-breaks", "--out", out); code != 0 {
		t.Fatalf("exit %d, %q, %q", code, stdout, stderr)
	}
	f, err := os.Open(filepath.Join(out, "contact-sheet.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	// Three creatives of 250, 90 and 100 pixels, with a head and a title.
	want := previewHead + previewTitle + 440 + 3*previewFrame
	if b := img.Bounds(); b.Dx() != previewWidth || b.Dy() != want {
		t.Fatalf("the sheet has %v pixels, want %d × %d", b, previewWidth, want)
	}
	// The sky of the first creative: warm on the left side, dark on the right one.
	r, _, blue, _ := img.At(20+12+20, previewHead+previewTitle+60+100).RGBA()
	if r < blue {
		t.Errorf("the light sky is not warm: red %d, blue %d", r>>8, blue>>8)
	}
	r, _, blue, _ = img.At(20+992+12+12+20, previewHead+previewTitle+60+100).RGBA()
	if r > 0x8000 || r > blue {
		t.Errorf("the dark sky is not dark: red %d, blue %d", r>>8, blue>>8)
	}
}
