// Package bundle minifies the tag the same way every time. Only the tag's build and its test use it; the
// server carries the result.
package bundle

import (
	"errors"

	"github.com/evanw/esbuild/pkg/api"
)

// Minify returns src as one minified script for browsers of the last four years.
func Minify(src []byte) ([]byte, error) {
	res := api.Transform(string(src), api.TransformOptions{
		Target:            api.ES2020,
		Format:            api.FormatIIFE,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
	})
	if len(res.Errors) > 0 {
		e := res.Errors[0]
		return nil, errors.New(e.Location.LineText + ": " + e.Text)
	}
	return res.Code, nil
}
