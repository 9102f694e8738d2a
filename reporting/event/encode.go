package event

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	version    = 1
	headerSize = 1 + 16 + 1 + 1 + 8
)

// The numbers of the fields. They are on disk.
const (
	fSite = iota + 1
	fPlacement
	fSection
	fPage
	fPageKey
	fAdvertiser
	fCampaign
	fLineItem
	fCreative
	fType
	fWidth
	fHeight
	fPrice
	fCharge
	fCountry
	fRegion
	fDevice
	fOS
	fBrowser
	fTheme
	fTopics
	fSensitivity
	fNoFill
	fInvalid
	fRevision
	fVisitor
	fSynthetic
)

// AppendBinary appends the event's record to dst.
func AppendBinary(dst []byte, e *Event) []byte {
	dst = append(dst, version)
	dst = append(dst, e.Request[:]...)
	dst = append(dst, e.Slot, byte(e.Kind))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(e.Time))
	dst = str(dst, fSite, e.Site)
	dst = str(dst, fPlacement, e.Placement)
	dst = str(dst, fSection, e.Section)
	dst = str(dst, fPage, e.Page)
	dst = num(dst, fPageKey, e.PageKey)
	dst = str(dst, fAdvertiser, e.Advertiser)
	dst = str(dst, fCampaign, e.Campaign)
	dst = str(dst, fLineItem, e.LineItem)
	dst = str(dst, fCreative, e.Creative)
	dst = str(dst, fType, e.Type)
	dst = num(dst, fWidth, uint64(e.Width))
	dst = num(dst, fHeight, uint64(e.Height))
	dst = num(dst, fPrice, zigzag(e.Price))
	dst = num(dst, fCharge, zigzag(e.Charge))
	dst = str(dst, fCountry, e.Country)
	dst = str(dst, fRegion, e.Region)
	dst = str(dst, fDevice, e.Device)
	dst = str(dst, fOS, e.OS)
	dst = str(dst, fBrowser, e.Browser)
	dst = str(dst, fTheme, e.Theme)
	dst = str(dst, fTopics, e.Topics)
	dst = str(dst, fSensitivity, e.Sensitivity)
	dst = str(dst, fNoFill, e.NoFill)
	dst = str(dst, fInvalid, e.Invalid)
	dst = str(dst, fRevision, e.Revision)
	dst = num(dst, fVisitor, e.Visitor)
	if e.Synthetic {
		dst = num(dst, fSynthetic, 1)
	}
	return dst
}

func str(dst []byte, field uint64, s string) []byte {
	if s == "" {
		return dst
	}
	dst = binary.AppendUvarint(dst, field<<1|1)
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

func num(dst []byte, field, v uint64) []byte {
	if v == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, field<<1)
	return binary.AppendUvarint(dst, v)
}

func zigzag(v int64) uint64   { return uint64(v<<1) ^ uint64(v>>63) }
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// ErrRecord is returned for bytes that are no record.
var ErrRecord = errors.New("not an event record")

// Decode reads a record into e, overwriting all of it. Strings come from in, which may be nil.
func Decode(src []byte, e *Event, in *Interner) error {
	*e = Event{}
	if len(src) < headerSize {
		return fmt.Errorf("%w: %d bytes", ErrRecord, len(src))
	}
	if src[0] != version {
		return fmt.Errorf("%w: version %d", ErrRecord, src[0])
	}
	copy(e.Request[:], src[1:17])
	e.Slot, e.Kind = src[17], Kind(src[18])
	e.Time = int64(binary.LittleEndian.Uint64(src[19:27]))
	src = src[headerSize:]
	for len(src) > 0 {
		tag, n := binary.Uvarint(src)
		if n <= 0 {
			return fmt.Errorf("%w: a field is cut short", ErrRecord)
		}
		src = src[n:]
		v, n := binary.Uvarint(src)
		if n <= 0 {
			return fmt.Errorf("%w: field %d is cut short", ErrRecord, tag>>1)
		}
		src = src[n:]
		if tag&1 == 0 {
			e.setNumber(tag>>1, v)
			continue
		}
		if v > uint64(len(src)) {
			return fmt.Errorf("%w: field %d is cut short", ErrRecord, tag>>1)
		}
		if p := e.text(tag >> 1); p != nil {
			*p = in.String(src[:v])
		}
		src = src[v:]
	}
	return nil
}

func (e *Event) setNumber(field, v uint64) {
	switch field {
	case fPageKey:
		e.PageKey = v
	case fWidth:
		e.Width = uint16(v)
	case fHeight:
		e.Height = uint16(v)
	case fPrice:
		e.Price = unzigzag(v)
	case fCharge:
		e.Charge = unzigzag(v)
	case fVisitor:
		e.Visitor = v
	case fSynthetic:
		e.Synthetic = v != 0
	}
}

func (e *Event) text(field uint64) *string {
	switch field {
	case fSite:
		return &e.Site
	case fPlacement:
		return &e.Placement
	case fSection:
		return &e.Section
	case fPage:
		return &e.Page
	case fAdvertiser:
		return &e.Advertiser
	case fCampaign:
		return &e.Campaign
	case fLineItem:
		return &e.LineItem
	case fCreative:
		return &e.Creative
	case fType:
		return &e.Type
	case fCountry:
		return &e.Country
	case fRegion:
		return &e.Region
	case fDevice:
		return &e.Device
	case fOS:
		return &e.OS
	case fBrowser:
		return &e.Browser
	case fTheme:
		return &e.Theme
	case fTopics:
		return &e.Topics
	case fSensitivity:
		return &e.Sensitivity
	case fNoFill:
		return &e.NoFill
	case fInvalid:
		return &e.Invalid
	case fRevision:
		return &e.Revision
	}
	return nil
}

// Interner gives equal strings the same memory: a journal says few different things many times. The zero
// value is ready; nil copies each string. It forgets everything when it has grown past its bound.
type Interner struct {
	known map[string]string
}

const maxInterned = 1 << 16

// String returns b as a string.
func (in *Interner) String(b []byte) string {
	if in == nil {
		return string(b)
	}
	if s, ok := in.known[string(b)]; ok {
		return s
	}
	if in.known == nil || len(in.known) >= maxInterned {
		in.known = make(map[string]string, 256)
	}
	s := string(b)
	in.known[s] = s
	return s
}
