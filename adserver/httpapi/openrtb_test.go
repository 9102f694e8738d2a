package httpapi_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/placard/placard/adserver/httpapi"
	"github.com/placard/placard/reporting/event"
)

const bidRequest = `{"id":"auction-1","cur":["USD"],"tmax":100,"imp":[
 {"id":"1","tagid":"top","bidfloor":1.5,"banner":{"format":[{"w":970,"h":250},{"w":728,"h":90}]}},
 {"id":"2","tagid":"end","bidfloor":2.5,"banner":{"w":300,"h":250}},
 {"id":"3","tagid":"network","banner":{"w":300,"h":250}},
 {"id":"4","tagid":"words","banner":{"w":300,"h":250}}],
 "site":{"id":"daily","page":"http://127.0.0.1/world/boats","content":{"title":"Boats","keywords":"boats, sea","language":"en"}},
 "device":{"ua":"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36","ip":"81.2.69.142"},
 "user":{"id":"reader-1"},"regs":{"gpp":"","gpp_sid":[2]}}`

// loopback trusts the tests' own addresses.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func TestOpenRTBBidsTheSameDecisions(t *testing.T) {
	s := start(t, httpapi.Options{TrustedProxies: loopback})
	res := do(t, "POST", s.URL+"/openrtb2/auction", bidRequest, "User-Agent", "prebid-server/3")
	body := read(t, res)
	if res.StatusCode != 200 || res.Header.Get("X-OpenRTB-Version") != "2.6" {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	var r struct {
		ID, BidID, Cur string
		SeatBid        []struct {
			Seat string
			Bid  []struct {
				ID, ImpID, BURL, NURL, AdM, CID, CRID, DealID string
				Price                                         float64
				W, H, MType, Exp                              int
				ADomain                                       []string
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		t.Fatal(err)
	}
	// imp 2 has a floor above the price, 3 is a network's and 4 a house ad: none of them bids.
	if r.ID != "auction-1" || r.Cur != "USD" || len(r.SeatBid) != 1 || r.SeatBid[0].Seat != "northwind" || len(r.SeatBid[0].Bid) != 1 {
		t.Fatalf("%s", body)
	}
	b := r.SeatBid[0].Bid[0]
	if b.ImpID != "1" || b.Price != 3.2 || b.W != 728 || b.H != 90 || b.MType != 1 || b.CRID != "boats" || b.CID != "winter" || b.ADomain[0] != "northwind.example" || b.NURL != "" || b.DealID != "" || b.Exp != 14400 {
		t.Errorf("%+v", b)
	}
	if !strings.HasPrefix(b.BURL, s.URL+"/v1/i/") || !strings.Contains(b.AdM, `href="`+s.URL+`/v1/c/`) || !strings.Contains(b.AdM, `src="`+s.URL+`/a/`) {
		t.Errorf("addresses are not whole: %s %s", b.BURL, b.AdM)
	}
	// What does not bid is no fill.
	for i, want := range []string{"", "floor", "no_bid", "no_bid"} {
		if e := s.Events()[i]; e.Kind != event.Request || e.NoFill != want || (e.LineItem != "") != (want == "") {
			t.Errorf("imp %d is recorded as %q, empty because %q", i+1, e.LineItem, e.NoFill)
		}
	}
	if c := s.Engine.Counts(); c.Filled != 1 || c.NoFill["floor"] != 1 || c.NoFill["no_bid"] != 2 {
		t.Errorf("counted: %d filled, %v", c.Filled, c.NoFill)
	}
	if e := s.Events()[0]; e.Device != "phone" || e.Country != "GB" || e.Page != "http://127.0.0.1/world/boats" {
		t.Errorf("the reader is not the caller: %+v", e)
	}
	if res := do(t, "GET", b.BURL, ""); res.StatusCode != 204 || s.Count(event.Impression) != 1 {
		t.Errorf("burl: %d", res.StatusCode)
	}
}

// Anybody may ask, but only trusted callers say where a reader is. A trusted proxy does not make its client trusted.
func TestOpenRTBBelievesTrustedCallersAlone(t *testing.T) {
	for _, c := range []struct {
		name    string
		trusted []netip.Prefix
		via     string // X-Forwarded-For
		body    string
		country string
	}{
		{"a trusted caller", loopback, "", bidRequest, "GB"},
		{"a trusted caller, IPv6", loopback, "", strings.Replace(bidRequest, `"ip":"81.2.69.142"`, `"ipv6":"::ffff:81.2.69.142"`, 1), "GB"},
		{"a stranger", nil, "", bidRequest, ""},
		{"a stranger behind a trusted proxy", loopback, "89.160.20.112", bidRequest, ""},
		{"a stranger that asks for itself", nil, "", strings.Replace(bidRequest, `"ip":"81.2.69.142"`, `"dnt":0`, 1), "PK"}, // where loopback is
	} {
		s := start(t, httpapi.Options{TrustedProxies: c.trusted})
		args := []string{"User-Agent", "prebid-server/3"}
		if c.via != "" {
			args = append(args, "X-Forwarded-For", c.via)
		}
		if res := do(t, "POST", s.URL+"/openrtb2/auction", c.body, args...); res.StatusCode != 200 && res.StatusCode != 204 {
			t.Errorf("%s: %d", c.name, res.StatusCode)
		}
		if e := s.Events()[0]; e.Country != c.country || e.Region != "" && c.country == "" {
			t.Errorf("%s: the reader is in %q %q, want %q", c.name, e.Country, e.Region, c.country)
		}
	}
}

func TestOpenRTBNoBidAndErrors(t *testing.T) {
	s := start(t, httpapi.Options{})
	if res := do(t, "POST", s.URL+"/openrtb2/auction", strings.Replace(bidRequest, `"cur"`, `"badv":["northwind.example"],"cur"`, 1)); res.StatusCode != 204 {
		t.Errorf("a blocked advertiser: %d", res.StatusCode)
	}
	for _, e := range s.Events() {
		if e.LineItem != "" || e.NoFill == "" {
			t.Errorf("a bid that nobody got is recorded as a fill: %+v", e)
		}
	}
	for _, c := range []struct{ old, with, field string }{
		{`"id":"auction-1",`, ``, "id"},
		{`"USD"`, `"EUR"`, "cur"},
		{`"id":"daily"`, `"id":""`, "site.id"},
		{`"id":"daily"`, `"id":"x"`, "site"},
		{`"site"`, `"sight"`, "site"},
		{`"tagid":"top",`, ``, "imp[0].tagid"},
		{`"banner":{"format"`, `"video":{"format"`, "imp[0].banner"},
		{`{"id":"1",`, `{`, "imp[0].id"},
		{`http://127.0.0.1`, `https://evil.example`, "page.url"},
		{`"imp":[`, `"imps":[`, "imp"},
	} {
		res := do(t, "POST", s.URL+"/openrtb2/auction", strings.Replace(bidRequest, c.old, c.with, 1))
		var f failure
		if err := json.Unmarshal([]byte(read(t, res)), &f); err != nil || res.StatusCode != 400 || f.Error.Field != c.field {
			t.Errorf("%s to %s: %d %+v", c.old, c.with, res.StatusCode, f.Error)
		}
	}
	if res := do(t, "POST", s.URL+"/openrtb2/auction", `[`); res.StatusCode != 400 {
		t.Errorf("not JSON: %d", res.StatusCode)
	}
}
