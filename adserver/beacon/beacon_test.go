package beacon_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/adserver/catalog"
)

var at = time.Unix(1_800_000_000, 0)

func payload() beacon.Payload {
	return beacon.Payload{
		Request: [16]byte{1, 2, 3, 15: 9}, Slot: 3, Issued: at.Unix(), Expires: at.Add(time.Hour).Unix(),
		Site: "daily", Placement: "story-end-1", Section: "world", Page: "http://localhost/world/istanbul", PageKey: 77,
		Advertiser: "northwind", Campaign: "winter-escapes", LineItem: "istanbul-city-breaks", Creative: "bosphorus-970", Type: "standard",
		Width: 970, Height: 250, Price: 3_200_000, ImpressionCharge: 3200, ClickCharge: 5, Country: "PK", Device: "phone", Theme: "dark",
		Topics: "653,654", Sensitivity: "arms:high", Revision: "abcdef012345", Visitor: 5, Synthetic: true,
	}
}

func signer(t testing.TB, ring ...beacon.Key) *beacon.Signer {
	t.Helper()
	s, err := beacon.NewSigner(ring)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTokenCarriesEverything(t *testing.T) {
	s := signer(t, beacon.NewKey(1))
	want := payload()
	token := s.AppendToken(nil, &want)
	var got beacon.Payload
	if err := s.Verify(token, at, &got); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if strings.Contains(string(token), "northwind") || len(token) > 700 {
		t.Errorf("the token is readable or long: %d characters", len(token))
	}
	if err := s.Verify(token, at.Add(time.Hour), &got); !errors.Is(err, beacon.ErrExpired) || got != want {
		t.Errorf("an hour later: %v", err)
	}
}

func TestEveryAlteredBitIsFound(t *testing.T) {
	s := signer(t, beacon.NewKey(1))
	p := payload()
	token := s.AppendToken(nil, &p)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range token {
		for _, c := range []byte(alphabet) {
			if c == token[i] {
				continue
			}
			bad := append([]byte(nil), token...)
			bad[i] = c
			var got beacon.Payload
			if err := s.Verify(bad, at, &got); !errors.Is(err, beacon.ErrForged) && !errors.Is(err, beacon.ErrMalformed) {
				t.Fatalf("character %d changed to %c: %v", i, c, err)
			}
		}
	}
	for n := range token {
		var got beacon.Payload
		if s.Verify(token[:n], at, &got) == nil {
			t.Fatalf("cut to %d characters and still valid", n)
		}
	}
}

func TestRotationKeepsOldTokens(t *testing.T) {
	ring := []beacon.Key{beacon.NewKey(1)}
	p := payload()
	token := signer(t, ring...).AppendToken(nil, &p)
	var got beacon.Payload
	for turn := 1; turn <= 3; turn++ {
		ring = beacon.Rotate(ring, at)
		err := signer(t, ring...).Verify(token, at, &got)
		if turn <= 2 && err != nil {
			t.Fatalf("after %d rotations: %v", turn, err)
		}
		if turn == 3 && !errors.Is(err, beacon.ErrForged) {
			t.Fatalf("after three rotations the key is still taken: %v", err)
		}
	}
	if err := signer(t, beacon.NewKey(1)).Verify(token, at, &got); !errors.Is(err, beacon.ErrForged) {
		t.Errorf("another key with the same id: %v", err)
	}
}

func TestKeysSurviveRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	a, err := beacon.LoadOrCreateKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := beacon.LoadOrCreateKeys(path)
	if err != nil || len(b) != 1 || a[0] != b[0] {
		t.Fatalf("%v: %v then %v", err, a, b)
	}
}

func TestPageTokenRoundTrip(t *testing.T) {
	s := signer(t, beacon.NewKey(1))
	want := beacon.PageToken{Request: [16]byte{5}, Expires: at.Unix() + 60}
	for i := range uint32(70) {
		want.Items = append(want.Items, catalog.Shown{LineItem: i, Creative: i + 1, Advertiser: i + 2})
	}
	token := s.AppendPageToken(nil, &want, [16]byte{5}, at)
	var got beacon.PageToken
	if err := s.VerifyPageToken(token, at, &got); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.Items) != fmt.Sprint(want.Items[6:]) {
		t.Errorf("items %v", got.Items)
	}
	var p beacon.Payload
	if err := s.Verify(token, at, &p); !errors.Is(err, beacon.ErrForged) {
		t.Errorf("a page token passed as an event token: %v", err)
	}
}

func TestSealingAllocatesNothing(t *testing.T) {
	s := signer(t, beacon.NewKey(1))
	p := payload()
	buf := make([]byte, 0, 2048)
	if n := testing.AllocsPerRun(200, func() { buf = s.AppendToken(buf[:0], &p) }); n > maxAllocs {
		t.Errorf("a token allocates %.1f times", n)
	}
}

func FuzzVerify(f *testing.F) {
	s := signer(f, beacon.NewKey(1))
	p := payload()
	f.Add(s.AppendToken(nil, &p))
	f.Add([]byte("AQ"))
	f.Fuzz(func(t *testing.T, token []byte) {
		var got beacon.Payload
		_ = s.Verify(token, at, &got)
		var pt beacon.PageToken
		_ = s.VerifyPageToken(token, at, &pt)
	})
}

func BenchmarkAppendToken(b *testing.B) {
	s := signer(b, beacon.NewKey(1))
	p := payload()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = s.AppendToken(buf[:0], &p)
	}
}

func BenchmarkVerify(b *testing.B) {
	s := signer(b, beacon.NewKey(1))
	p := payload()
	token := s.AppendToken(nil, &p)
	var got beacon.Payload
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Verify(token, at, &got); err != nil {
			b.Fatal(err)
		}
	}
}
