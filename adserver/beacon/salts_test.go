package beacon_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/placard/placard/adserver/beacon"
)

func TestSaltsTellADayApartAndForgetIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "salt")
	s := beacon.OpenSalts(beacon.SaltOptions{Path: path})
	ip := netip.MustParseAddr("203.0.113.9").As16()
	other := netip.MustParseAddr("203.0.113.10").As16()
	morning := time.Date(2026, 11, 20, 0, 0, 1, 0, time.UTC)
	night := morning.Add(23*time.Hour + 59*time.Minute)
	a := s.Visitor(morning, "", ip, []byte("browser"))
	if a == 0 || s.Visitor(night, "", ip, []byte("browser")) != a {
		t.Error("one visitor has two numbers in a day")
	}
	seen := map[uint64]string{a: "first"}
	for name, n := range map[string]uint64{
		"another browser": s.Visitor(night, "", ip, []byte("browser 2")), "another address": s.Visitor(night, "", other, []byte("browser")),
		"an id": s.Visitor(night, "reader-1", ip, []byte("browser")), "the address alone": s.Address(night, ip),
	} {
		if was, dup := seen[n]; dup || n == 0 {
			t.Errorf("%s has the number of %s", name, was)
		}
		seen[n] = name
	}
	if s.Visitor(night, "", [16]byte{}, []byte("browser")) != 0 || s.Address(night, [16]byte{}) != 0 {
		t.Error("nothing known, and a number all the same")
	}
	if s.Visitor(night, "reader-1", ip, nil) != s.Visitor(night, "reader-1", other, []byte("x")) {
		t.Error("a visitor with an id has another number elsewhere")
	}
	read := func(what string) string {
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			if b, err := os.ReadFile(path); err == nil && strings.HasPrefix(string(b), what) {
				return string(b)
			}
			if time.Now().After(deadline) {
				t.Fatalf("the salt of day %s is not in its file", what)
			}
		}
	}
	yesterday := read("20777 ")
	// A restart within the day goes on; the next day nothing is left.
	if again := beacon.OpenSalts(beacon.SaltOptions{Path: path}); again.Visitor(night, "", ip, []byte("browser")) != a {
		t.Error("after a restart the visitor is another")
	}
	if s.Visitor(night.Add(2*time.Minute), "", ip, []byte("browser")) == a {
		t.Error("the next day the visitor is known")
	}
	today := read("20778 ")
	if _, salt, _ := strings.Cut(strings.TrimSpace(yesterday), " "); strings.Contains(today, salt) {
		t.Error("yesterday's salt is still there")
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("something is left beside the salt: %v %v", entries, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the salt may be read by others: %v %v", info.Mode(), err)
	}
}

func TestVisitorNumbersAllocateNothing(t *testing.T) {
	s := beacon.OpenSalts(beacon.SaltOptions{})
	ip := netip.MustParseAddr("203.0.113.9").As16()
	ua := []byte(strings.Repeat("Mozilla/5.0 ", 20))
	if n := testing.AllocsPerRun(100, func() { s.Visitor(at, "", ip, ua) }); n != 0 {
		t.Errorf("%.0f allocations", n)
	}
}
