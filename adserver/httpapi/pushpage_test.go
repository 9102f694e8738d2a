package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/placard/placard/adserver/httpapi"
)

const pushToken = "newsroom-token"

func TestPushPage(t *testing.T) {
	s := start(t, httpapi.Options{})
	bearer := []string{"Authorization", "Bearer " + pushToken}
	ask := func() answer {
		t.Helper()
		res := do(t, "POST", s.URL+"/v1/ads", `{"site":"daily","page":{"url":"https://daily.example/story?utm_source=mail","title":"A quiet evening"},
			"slots":[{"id":"a","placement":"top"},{"id":"b","placement":"network"}]}`)
		var a answer
		if err := json.Unmarshal([]byte(read(t, res)), &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, slot := range ask().Slots {
		if !slot.Filled {
			t.Fatalf("before the push slot %s is empty: %s", slot.ID, slot.Reason)
		}
	}
	body := `{"site":"daily","url":"https://daily.example/story","title":"A quiet evening","no_ads":true}`
	if res := do(t, "PUT", s.URL+"/v1/pages", body, bearer...); res.StatusCode != http.StatusNoContent {
		t.Fatalf("push: %s", read(t, res))
	}
	// The newsroom's word holds for every demand, the network included.
	for _, slot := range ask().Slots {
		if slot.Filled || slot.Reason != "editorial" {
			t.Errorf("slot %s: filled %v by %s, reason %q", slot.ID, slot.Filled, slot.Type, slot.Reason)
		}
	}
	if res := do(t, "DELETE", s.URL+"/v1/pages?site=daily&url=https%3A%2F%2Fdaily.example%2Fstory", "", bearer...); res.StatusCode != http.StatusNoContent {
		t.Fatalf("withdraw: %s", read(t, res))
	}
	for _, slot := range ask().Slots {
		if !slot.Filled {
			t.Errorf("after the withdrawal slot %s is empty: %s", slot.ID, slot.Reason)
		}
	}
	if res := do(t, "DELETE", s.URL+"/v1/pages?site=daily&url=https%3A%2F%2Fdaily.example%2Fstory", "", bearer...); res.StatusCode != http.StatusNotFound {
		t.Errorf("withdrawn twice: %s", res.Status)
	}
}

func TestPushPageIsRefused(t *testing.T) {
	s := start(t, httpapi.Options{})
	ok := "Bearer " + pushToken
	for _, k := range []struct {
		name, auth, body string
		status           int
		code, field      string
	}{
		{"no token", "", `{"site":"daily","url":"https://daily.example/a"}`, 401, "unauthorized", ""},
		{"wrong token", "Bearer x", `{"site":"daily","url":"https://daily.example/a"}`, 401, "unauthorized", ""},
		{"unknown site", ok, `{"site":"weekly","url":"https://daily.example/a"}`, 401, "unauthorized", ""},
		{"foreign page", ok, `{"site":"daily","url":"https://other.example/a"}`, 400, "foreign_page", "url"},
		{"bad address", ok, `{"site":"daily","url":"ftp://daily.example/a"}`, 400, "invalid_field", "url"},
		{"no site", ok, `{"url":"https://daily.example/a"}`, 400, "missing_field", "site"},
		{"no page", ok, `{"site":"daily"}`, 400, "missing_field", "url"},
		{"bad date", ok, `{"site":"daily","url":"https://daily.example/a","published":"yesterday"}`, 400, "invalid_field", "published"},
		{"bad list", ok, `{"site":"daily","url":"https://daily.example/a","tags":"x"}`, 400, "invalid_field", "tags"},
		{"not JSON", ok, `site=daily`, 400, "invalid_json", ""},
	} {
		t.Run(k.name, func(t *testing.T) {
			var header []string
			if k.auth != "" {
				header = []string{"Authorization", k.auth}
			}
			res := do(t, "PUT", s.URL+"/v1/pages", k.body, header...)
			var f failure
			if err := json.Unmarshal([]byte(read(t, res)), &f); err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != k.status || f.Error.Code != k.code || f.Error.Field != k.field {
				t.Errorf("%d %+v", res.StatusCode, f.Error)
			}
			if k.status == http.StatusUnauthorized && !strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Error("the answer does not say how to authenticate")
			}
		})
	}
	if res := do(t, "GET", s.URL+"/v1/pages", ""); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %s", res.Status)
	}
}
