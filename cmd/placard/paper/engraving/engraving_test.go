package engraving_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/placard/placard/cmd/placard/paper/engraving"
)

func ExampleDraw() {
	svg := engraving.Draw("ferry", engraving.Light)
	fmt.Println(bytes.HasPrefix(svg, []byte("<svg ")))
	// Output: true
}

func TestDraw(t *testing.T) {
	for _, name := range engraving.Names() {
		light, dark := engraving.Draw(name, engraving.Light), engraving.Draw(name, engraving.Dark)
		if bytes.Equal(light, dark) {
			t.Errorf("%s: light and dark are the same", name)
		}
		if !bytes.Equal(light, engraving.Draw(name, engraving.Light)) {
			t.Errorf("%s: drawn twice, two results", name)
		}
		for theme, svg := range map[string][]byte{"light": light, "dark": dark} {
			d := xml.NewDecoder(bytes.NewReader(svg))
			for {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Errorf("%s %s: %v", name, theme, err)
					break
				}
			}
			if len(svg) > 120_000 || len(svg) < 8_000 {
				t.Errorf("%s %s: %d bytes: a plate is between 8 and 120 KB", name, theme, len(svg))
			}
		}
	}
}
