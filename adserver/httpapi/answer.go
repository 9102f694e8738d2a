package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sort"

	"github.com/valyala/fasthttp"
)

const typeJSON = "application/json; charset=utf-8"

// fail writes an error of the v1 contract.
func fail(ctx *fasthttp.RequestCtx, status int, code, message, field string) {
	type body struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Field   string `json:"field,omitempty"`
	}
	out, err := json.Marshal(map[string]body{"error": {code, message, field}})
	if err != nil {
		out = []byte(`{"error":{"code":"internal","message":"the error could not be written"}}`)
	}
	ctx.SetStatusCode(status)
	ctx.SetContentType(typeJSON)
	ctx.Response.Header.Set("Cache-Control", "no-store")
	ctx.Response.Header.Set("X-Content-Type-Options", "nosniff")
	ctx.SetBody(append(out, '\n'))
}

func etag(b []byte) string {
	sum := sha256.Sum256(b)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

func sortByLength(m []mounted) {
	sort.Slice(m, func(i, j int) bool { return len(m[i].prefix) > len(m[j].prefix) })
}
