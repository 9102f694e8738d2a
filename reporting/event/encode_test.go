package event_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/placard/placard/reporting/event"
)

// random fills every field by reflection, so that one added later without an encoding fails the test.
func random(r *rand.Rand) event.Event {
	var e event.Event
	for i := range e.Request {
		e.Request[i] = byte(r.Uint32())
	}
	e.Slot, e.Kind = uint8(r.Uint32()), event.Kind(1+r.IntN(4))
	v := reflect.ValueOf(&e).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Kind() {
		case reflect.String:
			f.SetString([]string{"a", "line-item", "اردو", "https://news.example/world/story"}[r.IntN(4)])
		case reflect.Int64:
			f.SetInt(r.Int64() - r.Int64())
		case reflect.Uint64:
			f.SetUint(r.Uint64())
		case reflect.Uint16:
			f.SetUint(uint64(uint16(r.Uint32())))
		case reflect.Bool:
			f.SetBool(r.IntN(2) == 0)
		}
	}
	return e
}

func TestEveryFieldComesBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var in event.Interner
	for range 1000 {
		want := random(r)
		var got event.Event
		if err := event.Decode(event.AppendBinary(nil, &want), &got, &in); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestCutRecordsAreRefused(t *testing.T) {
	e := random(rand.New(rand.NewPCG(3, 4)))
	rec := event.AppendBinary(nil, &e)
	whole := 0
	for n := range rec {
		var got event.Event
		if err := event.Decode(rec[:n], &got, nil); err == nil {
			whole++ // cut between two fields: reads as an event that lacks the later ones
		} else if !errors.Is(err, event.ErrRecord) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	if whole > 30 {
		t.Errorf("%d cuts went unnoticed: more than there are fields", whole)
	}
}

func TestEncodingAllocatesNothing(t *testing.T) {
	e := random(rand.New(rand.NewPCG(5, 6)))
	buf := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { buf = event.AppendBinary(buf[:0], &e) }); n != 0 {
		t.Errorf("encoding allocates %.1f times", n)
	}
}

func FuzzDecode(f *testing.F) {
	e := random(rand.New(rand.NewPCG(7, 8)))
	f.Add(event.AppendBinary(nil, &e))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, rec []byte) {
		var a, b event.Event
		if event.Decode(rec, &a, nil) != nil {
			return
		}
		if err := event.Decode(event.AppendBinary(nil, &a), &b, nil); err != nil || a != b {
			t.Fatalf("%+v became %+v (%v)", a, b, err)
		}
	})
}
