package httpapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/placard/placard/adserver/httpapi"
)

// The description is held against the server: each operation is called, and status, type and members of the answer must be described.
func TestOpenAPIDescribesTheServer(t *testing.T) {
	s := start(t, httpapi.Options{})
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			RequestBody *struct {
				Content map[string]struct{ Example json.RawMessage }
			}
			Responses map[string]struct {
				Ref     string `json:"$ref"`
				Content map[string]json.RawMessage
			}
		}
		Components struct {
			Schemas map[string]struct {
				Required   []string
				Properties map[string]json.RawMessage
			}
		}
	}
	if err := json.Unmarshal([]byte(read(t, do(t, "GET", s.URL+"/openapi.json", ""))), &doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Fatalf("%v, %q", err, doc.OpenAPI)
	}
	token := strings.TrimPrefix(decode(t, do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s1","placement":"top"}]`))).Slots[0].Impression, "/v1/i/")
	query := map[string]string{"/v1/ads": "?site=daily&slots=s1:top", "/v1/frame": "?site=daily&placement=top"}
	members := func(what, schema string, v map[string]any) {
		sc := doc.Components.Schemas[schema]
		for k := range v {
			if _, ok := sc.Properties[k]; !ok {
				t.Errorf("%s answers %q, which %s does not describe", what, k, schema)
			}
		}
		for _, k := range sc.Required {
			if _, ok := v[k]; !ok {
				t.Errorf("%s does not answer %q, which %s requires", what, k, schema)
			}
		}
	}
	for path, ops := range doc.Paths {
		for method, op := range ops {
			body := ""
			if op.RequestBody != nil {
				if body = string(op.RequestBody.Content["application/json"].Example); body == "" {
					body = bidRequest
				}
			}
			for _, tok := range []string{token, "made-up"} {
				what := fmt.Sprintf("%s %s (%.8s)", method, path, tok)
				res := do(t, strings.ToUpper(method), s.URL+strings.ReplaceAll(path, "{token}", tok)+query[path], body)
				text := read(t, res)
				if _, ok := op.Responses[fmt.Sprint(res.StatusCode)]; !ok {
					t.Errorf("%s answers %d: %s", what, res.StatusCode, text)
				}
				var v map[string]any
				if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
					if err := json.Unmarshal([]byte(text), &v); err != nil {
						t.Errorf("%s: %v", what, err)
					}
				}
				switch {
				case res.StatusCode >= 400:
					members(what, "Error", v)
				case path == "/v1/ads":
					members(what, "Page", v)
					members(what, "Slot", v["slots"].([]any)[0].(map[string]any))
				}
				if !strings.Contains(path, "{token}") {
					break
				}
			}
			if method == "post" {
				res := do(t, "POST", s.URL+path, "{")
				if _, ok := op.Responses["400"]; res.StatusCode != 400 || !ok {
					t.Errorf("%s %s with half an object: %d", method, path, res.StatusCode)
				}
			}
		}
	}
}
