// Package bundle minifies the tag the same way every time. Only the tag's build and its test use it; the
// server carries the result.
package bundle

import (
	"errors"
	"os"

	"github.com/evanw/esbuild/pkg/api"
)

// Outputs builds every file of dist from the sources in dir, by name.
func Outputs(dir string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, f := range []struct {
		name, source string
		format       api.Format
		module       string // what MODULE_URL is in the source
	}{
		{"tag.js", "tag.js", api.FormatIIFE, "undefined"},
		{"tag.mjs", "tag.js", api.FormatESModule, "import.meta.url"},
		{"tag-debug.js", "debug.js", api.FormatIIFE, "undefined"},
	} {
		src, err := os.ReadFile(dir + "/" + f.source)
		if err != nil {
			return nil, err
		}
		if out[f.name], err = minify(src, f.format, f.module); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// minify returns src for browsers of the last four years.
func minify(src []byte, format api.Format, module string) ([]byte, error) {
	res := api.Transform(string(src), api.TransformOptions{
		Target:            api.ES2020,
		Format:            format,
		Define:            map[string]string{"MODULE_URL": module},
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		TreeShaking:       api.TreeShakingTrue,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
	})
	if len(res.Errors) > 0 {
		e := res.Errors[0]
		return nil, errors.New(e.Location.LineText + ": " + e.Text)
	}
	return res.Code, nil
}
