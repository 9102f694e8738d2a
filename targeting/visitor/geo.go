package visitor

import (
	_ "embed" // the country data
	"fmt"
	"net/netip"
	"sync/atomic"

	"github.com/oschwald/maxminddb-golang/v2"
)

// countryData tells the country of an address; see data/NOTICE.md.
//
//go:embed data/country.mmdb
var countryData []byte

// place is where an address is, as far as the databases know.
type place struct{ country, region, city string }

// countries answers from the database that ships with the product. It has about 250 different records, so each is
// decoded once: a look-up walks the tree and then reads a map.
type countries struct {
	db    *maxminddb.Reader
	known atomic.Pointer[map[uintptr]string] // by offset of the record; copied on write
}

func newCountries() (*countries, error) {
	db, err := maxminddb.OpenBytes(countryData)
	if err != nil {
		return nil, fmt.Errorf("open country data: %w", err)
	}
	c := &countries{db: db}
	c.known.Store(&map[uintptr]string{})
	return c, nil
}

func (c *countries) lookup(ip netip.Addr) string {
	r := c.db.Lookup(ip)
	if !r.Found() {
		return ""
	}
	at := r.Offset()
	for {
		known := c.known.Load()
		if name, ok := (*known)[at]; ok {
			return name
		}
		var name string
		if err := r.DecodePath(&name, "country_code"); err != nil || len(name) != 2 {
			name = ""
		}
		grown := make(map[uintptr]string, len(*known)+1)
		for k, v := range *known {
			grown[k] = v
		}
		grown[at] = name
		if c.known.CompareAndSwap(known, &grown) {
			return name
		}
	}
}

// cities answers from a user's own database, in the layout of GeoIP2 or of ip-location-db.
type cities struct {
	db    *maxminddb.Reader
	known *cache[place] // by offset of the record
}

// cityRecords is how many places are kept decoded: the cities that a newspaper's readers live in.
const cityRecords = 8192

func newCities(data []byte) (*cities, error) {
	db, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, fmt.Errorf("open city data: %w", err)
	}
	return &cities{db: db, known: newCache[place](cityRecords)}, nil
}

func (c *cities) lookup(ip netip.Addr) (place, bool) {
	r := c.db.Lookup(ip)
	if !r.Found() {
		return place{}, false
	}
	// Offsets are spread over the sets by a multiplication (Knuth, the golden ratio).
	hash := uint64(r.Offset()) * 0x9E3779B97F4A7C15
	hash ^= hash >> 32
	if p := c.known.get(hash, nil); p != nil {
		return *p, true
	}
	p, ok := decodePlace(r)
	if !ok {
		return place{}, false
	}
	return *c.known.put(hash, "", p), true
}

func decodePlace(r maxminddb.Result) (place, bool) {
	var rec struct {
		CountryCode string `maxminddb:"country_code"`
		State1      string `maxminddb:"state1"`
		CityName    any    `maxminddb:"city"`
		Country     struct {
			ISOCode string `maxminddb:"iso_code"`
		} `maxminddb:"country"`
		Subdivisions []struct {
			ISOCode string `maxminddb:"iso_code"`
		} `maxminddb:"subdivisions"`
	}
	if err := r.Decode(&rec); err != nil {
		return place{}, false
	}
	p := place{country: rec.Country.ISOCode}
	if p.country == "" {
		p.country = rec.CountryCode
	}
	switch city := rec.CityName.(type) {
	case string: // ip-location-db
		p.city, p.region = city, rec.State1
	case map[string]any: // GeoIP2
		if names, ok := city["names"].(map[string]any); ok {
			p.city, _ = names["en"].(string)
		}
	}
	if len(rec.Subdivisions) > 0 && rec.Subdivisions[0].ISOCode != "" {
		p.region = p.country + "-" + rec.Subdivisions[0].ISOCode // ISO 3166-2
	}
	return p, p.country != ""
}
