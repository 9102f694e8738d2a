package beacon

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/placard/placard/reporting/event"
)

// Payload is what a token carries.
type Payload struct {
	Request         [16]byte
	Slot            uint8
	Issued, Expires int64 // Unix seconds

	Site, Placement, Section                       string
	Page                                           string
	PageKey                                        uint64
	Advertiser, Campaign, LineItem, Creative, Type string
	Width, Height                                  uint16
	Price                                          int64 // micros for 1,000 impressions
	ImpressionCharge, ViewableCharge, ClickCharge  int64 // micros; one of the first two at most
	Country, Region, Device, OS, Browser, Theme    string
	Topics, Sensitivity, Revision                  string
	Visitor                                        uint64 // of the day: see [Salts]
	Capped                                         uint64 // the visitor for frequency caps, 0 without an id: it goes no further than the token
	Synthetic                                      bool
	Unclicked                                      bool // of a click id: the click did not count
}

// Bounds of what a token carries, so that its URL stays below 1,500 bytes whatever the page is called.
const (
	maxTokenPage   = 240
	maxTokenTopics = 64
)

// The bits of the payload's flags.
const (
	flagSynthetic = 1 << iota
	flagViewed    // the charge by the thousand is for viewable impressions
	flagUnclicked
)

// strings lists the payload's texts in the order in which they are written.
func (p *Payload) strings() [18]*string {
	return [18]*string{
		&p.Site, &p.Placement, &p.Section, &p.Page, &p.Advertiser, &p.Campaign, &p.LineItem, &p.Creative, &p.Type, &p.Country, &p.Device, &p.Theme,
		&p.Topics, &p.Sensitivity, &p.Revision, &p.Region, &p.OS, &p.Browser,
	}
}

func (p *Payload) append(dst []byte) []byte {
	dst = append(dst, p.Request[:]...)
	dst = append(dst, p.Slot)
	flags := byte(0)
	if p.Synthetic {
		flags |= flagSynthetic
	}
	if p.Unclicked {
		flags |= flagUnclicked
	}
	byThousand := p.ImpressionCharge
	if p.ViewableCharge != 0 {
		flags |= flagViewed
		byThousand = p.ViewableCharge
	}
	dst = append(dst, flags)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(p.Issued))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(p.Expires))
	dst = binary.LittleEndian.AppendUint64(dst, p.PageKey)
	dst = binary.LittleEndian.AppendUint64(dst, p.Visitor)
	dst = binary.LittleEndian.AppendUint64(dst, p.Capped)
	dst = binary.AppendUvarint(dst, uint64(p.Width))
	dst = binary.AppendUvarint(dst, uint64(p.Height))
	dst = binary.AppendVarint(dst, p.Price)
	dst = binary.AppendVarint(dst, byThousand)
	dst = binary.AppendVarint(dst, p.ClickCharge)
	for _, s := range p.strings() {
		v := *s
		switch s {
		case &p.Page:
			v = v[:min(len(v), maxTokenPage)]
		case &p.Topics:
			v = cutList(v, maxTokenTopics)
		}
		v = v[:min(len(v), 255)]
		dst = append(dst, byte(len(v)))
		dst = append(dst, v...)
	}
	return dst
}

// cutList shortens a comma-separated list to whole entries.
func cutList(v string, limit int) string {
	if len(v) <= limit {
		return v
	}
	for limit > 0 && v[limit] != ',' {
		limit--
	}
	return v[:limit]
}

func (p *Payload) read(b []byte) error {
	*p = Payload{}
	if len(b) < 50 {
		return fmt.Errorf("%w: payload of %d bytes", ErrMalformed, len(b))
	}
	copy(p.Request[:], b)
	p.Slot, p.Synthetic, p.Unclicked = b[16], b[17]&flagSynthetic != 0, b[17]&flagUnclicked != 0
	viewed := b[17]&flagViewed != 0
	p.Issued = int64(binary.LittleEndian.Uint32(b[18:]))
	p.Expires = int64(binary.LittleEndian.Uint32(b[22:]))
	p.PageKey = binary.LittleEndian.Uint64(b[26:])
	p.Visitor = binary.LittleEndian.Uint64(b[34:])
	p.Capped = binary.LittleEndian.Uint64(b[42:])
	b = b[50:]
	ok := true
	unsigned := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			ok = false
			return 0
		}
		b = b[n:]
		return v
	}
	signed := func() int64 {
		v, n := binary.Varint(b)
		if n <= 0 {
			ok = false
			return 0
		}
		b = b[n:]
		return v
	}
	p.Width, p.Height = uint16(unsigned()), uint16(unsigned())
	p.Price, p.ImpressionCharge, p.ClickCharge = signed(), signed(), signed()
	if viewed {
		p.ImpressionCharge, p.ViewableCharge = 0, p.ImpressionCharge
	}
	for _, s := range p.strings() {
		if len(b) == 0 || len(b) < 1+int(b[0]) {
			ok = false
			break
		}
		*s = string(b[1 : 1+b[0]])
		b = b[1+b[0]:]
	}
	if !ok {
		return fmt.Errorf("%w: payload is cut short", ErrMalformed)
	}
	return nil
}

// ToEvent returns the event of a kind that the token stands for, seen at the given instant.
func ToEvent(p *Payload, kind event.Kind, at time.Time) event.Event {
	e := event.Event{
		ID:   event.ID{Request: p.Request, Slot: p.Slot, Kind: kind},
		Time: at.UnixMicro(), Site: p.Site, Placement: p.Placement, Section: p.Section, Page: p.Page, PageKey: p.PageKey,
		Advertiser: p.Advertiser, Campaign: p.Campaign, LineItem: p.LineItem, Creative: p.Creative, Type: p.Type,
		Width: p.Width, Height: p.Height, Price: p.Price, Country: p.Country, Region: p.Region, Device: p.Device, OS: p.OS, Browser: p.Browser, Theme: p.Theme,
		Topics: p.Topics, Sensitivity: p.Sensitivity, Revision: p.Revision, Visitor: p.Visitor, Synthetic: p.Synthetic,
	}
	switch kind {
	case event.Impression:
		e.Charge = p.ImpressionCharge
	case event.Viewable:
		e.Charge = p.ViewableCharge
	case event.Click:
		e.Charge = p.ClickCharge
	}
	return e
}
