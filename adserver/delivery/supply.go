package delivery

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/targeting"
)

// Cell is the supply of slots that the same guaranteed line items could have.
type Cell struct {
	Items []targeting.Ordinal   // ascending
	Hours [hoursPerWeek]float64 // slots in each hour of the week; see [HourOfWeek]
}

// Forecast is the supply that a plan is made for.
type Forecast struct{ Cells []Cell }

// supply learns the forecast from sampled requests.
type supply struct {
	mu    sync.Mutex
	cells map[uint64]*learnedCell // guarded by mu, as is all below
	hour  int64                   // of the epoch, that current counts belong to
	weeks [hoursPerWeek]int       // how many of each hour were seen whole
	began bool
	keys  []catalog.LineItemKey // by ordinal of the catalog that the cells speak of
}

type learnedCell struct {
	items   []targeting.Ordinal
	hours   [hoursPerWeek]float64
	current float64
}

// maxCells bounds what is remembered; beyond it new cells are not learned until old ones have faded.
const maxCells = 20_000

// fade is the weight of the newest week against those before.
const fade = 0.4

func newSupply() *supply { return &supply{cells: map[uint64]*learnedCell{}} }

// bind makes the cells speak of another catalog. Line items that are gone leave their cells.
func (s *supply) bind(c *catalog.Catalog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys != nil {
		cells := map[uint64]*learnedCell{}
		for _, old := range s.cells {
			items := make([]targeting.Ordinal, 0, len(old.items))
			for _, o := range old.items {
				if now, ok := c.LineItem(s.keys[o]); ok {
					items = append(items, now)
				}
			}
			slices.Sort(items)
			k := cellKey(items)
			if have := cells[k]; have != nil {
				have.current += old.current
				for h := range have.hours {
					have.hours[h] += old.hours[h]
				}
				continue
			}
			old.items = items
			cells[k] = old
		}
		s.cells = cells
	}
	s.keys = make([]catalog.LineItemKey, len(c.LineItems))
	for i := range c.LineItems {
		s.keys[i] = c.LineItems[i].Key
	}
}

// cellKey is FNV-1a over the ordinals.
func cellKey(items []targeting.Ordinal) uint64 {
	h := uint64(14695981039346656037)
	for _, o := range items {
		for range 4 {
			h = (h ^ uint64(o&0xff)) * 1099511628211
			o >>= 8
		}
	}
	return h
}

// SampleEvery is how many pages stand behind one that [Table.Sample] is told of.
const SampleEvery = 16

// Sample tells of one slot of every SampleEvery'th page: the guaranteed line items that could have had it, ascending, and the
// best price of those that compete for it, in micros for 1,000 impressions. It never waits: what comes while the plan is being made is not
// counted.
func (t *Table) Sample(items []targeting.Ordinal, price int64, now time.Time) {
	b := priceBucket(price)
	for _, o := range items {
		t.items[o].prices[b].Add(1)
	}
	s := t.tracker.supply
	if !s.mu.TryLock() {
		return
	}
	defer s.mu.Unlock()
	if len(s.keys) != len(t.items) {
		return // of a catalog that was replaced
	}
	s.turn(now.Unix() / 3600)
	k := cellKey(items)
	c := s.cells[k]
	if c == nil {
		if len(s.cells) >= maxCells {
			return
		}
		c = &learnedCell{items: slices.Clone(items)}
		s.cells[k] = c
	}
	c.current += SampleEvery
}

// turn closes the hours before the given one.
func (s *supply) turn(hour int64) {
	if !s.began {
		s.hour, s.began = hour, true
		return
	}
	for ; s.hour < hour; s.hour++ {
		h := HourOfWeek(s.hour * 3600)
		if hour-s.hour > hoursPerWeek {
			continue // a pause of more than a week teaches nothing
		}
		s.weeks[h]++
		for k, c := range s.cells {
			if s.weeks[h] == 1 {
				c.hours[h] = c.current
			} else {
				c.hours[h] += fade * (c.current - c.hours[h])
			}
			c.current = 0
			if s.weeks[h] > 1 && h == 0 && c.empty() {
				delete(s.cells, k)
			}
		}
	}
}

func (c *learnedCell) empty() bool {
	for _, n := range c.hours {
		if n >= 1 {
			return false
		}
	}
	return true
}

// forecast is what the next week should bring, as far as it is known: hours that were never seen whole are taken to be like the mean of
// those that were. nil until an hour was seen.
func (s *supply) forecast(now time.Time) *Forecast {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(now.Unix() / 3600)
	known := 0
	for _, n := range s.weeks {
		if n > 0 {
			known++
		}
	}
	if known == 0 {
		return nil
	}
	f := &Forecast{Cells: make([]Cell, 0, len(s.cells))}
	for _, c := range s.cells {
		out := Cell{Items: c.items, Hours: c.hours}
		sum := 0.0
		for _, n := range c.hours {
			sum += n
		}
		for h := range out.Hours {
			if s.weeks[h] == 0 {
				out.Hours[h] = sum / float64(known)
			}
		}
		f.Cells = append(f.Cells, out)
	}
	slices.SortFunc(f.Cells, func(a, b Cell) int { return slices.Compare(a.Items, b.Items) })
	return f
}

// Profile is how the forecast's slots spread over the week; nil if it has none.
func (f *Forecast) Profile() *Profile {
	var w [hoursPerWeek]float64
	for i := range f.Cells {
		for h, n := range f.Cells[i].Hours {
			w[h] += n
		}
	}
	return NewProfile(&w)
}

// priceBuckets are thirds of an octave from a hundredth of the currency on; the first holds what nobody paid for.
const priceBuckets = 48

func priceBucket(micros int64) int {
	if micros < 10_000 {
		return 0
	}
	return min(priceBuckets-1, 1+int(3*math.Log2(float64(micros)/10_000)))
}

func bucketPrice(b int) float64 { return 10_000 * math.Exp2(float64(b)/3) }

// yieldPrice is the price above which a guaranteed line item leaves a slot to others: what it needs of its supply it takes where others
// pay least. The further it is behind, the less it yields.
func (it *item) yieldPrice(urgency float64) int64 {
	total := 0.0
	var n [priceBuckets]float64
	for i := range n {
		n[i] = float64(it.prices[i].Load())
		total += n[i]
	}
	if total < 64 {
		return math.MaxInt64
	}
	if total > 1<<16 {
		for i := range it.prices { // older samples fade
			it.prices[i].Store(uint32(n[i] / 2))
		}
	}
	// A quarter more than the plan's share, and all of it a quarter of an hour behind.
	take := (it.plan.load*1.25 + max(0, urgency)/maxYieldBehind) * total
	if take >= total {
		return math.MaxInt64
	}
	for i, c := range n {
		if take -= c; take <= 0 {
			return int64(bucketPrice(i))
		}
	}
	return math.MaxInt64
}

// maxYieldBehind is how many hours a line item may be behind its plan and still leave slots to others.
const maxYieldBehind = 0.25
