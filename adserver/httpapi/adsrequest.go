package httpapi

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fastjson"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/targeting"
)

// parser reads ad requests. It belongs to one request at a time; what it fills points into its memory.
type parser struct {
	json fastjson.Parser
	req  adserver.Request
	out  []byte // the answer
}

func invalid(field, format string, args ...any) *adserver.RequestError {
	return &adserver.RequestError{Code: "invalid_field", Message: fmt.Sprintf(format, args...), Field: field}
}

// parseJSON reads the body of POST /v1/ads.
func (p *parser) parseJSON(body []byte) *adserver.RequestError {
	v, err := p.json.ParseBytes(body)
	if err != nil {
		return &adserver.RequestError{Code: "invalid_json", Message: "the body is not JSON: " + firstLine(err.Error())}
	}
	if v.Type() != fastjson.TypeObject {
		return &adserver.RequestError{Code: "invalid_json", Message: "the body must be a JSON object"}
	}
	r := &p.req
	f := fields{v: v}
	r.Site = f.id("site", adserver.MaxID)
	f.page(v.Get("page"), r)
	f.slots(v.Get("slots"), r)
	f.visitor(v.Get("visitor"), r)
	f.kv(v.Get("kv"), r)
	r.Theme = f.theme(f.text(v, "theme", "theme", 8))
	r.PageToken = f.text(v, "page_token", "page_token", 4<<10)
	r.SessionToken = f.text(v, "session_token", "session_token", 4<<10)
	return f.err
}

// fields reads the members of a JSON object and keeps the first error.
type fields struct {
	v   *fastjson.Value
	err *adserver.RequestError
}

func (f *fields) fail(e *adserver.RequestError) {
	if f.err == nil {
		f.err = e
	}
}

// text returns a member that must be a string of at most limit bytes; absent and null are empty.
func (f *fields) text(v *fastjson.Value, key, path string, limit int) []byte {
	m := v.Get(key)
	if m == nil || m.Type() == fastjson.TypeNull {
		return nil
	}
	if m.Type() != fastjson.TypeString {
		f.fail(invalid(path, "must be a string"))
		return nil
	}
	b := m.GetStringBytes()
	if len(b) > limit {
		f.fail(invalid(path, "is %d bytes long; the limit is %d", len(b), limit))
		return nil
	}
	return b
}

func (f *fields) id(key string, limit int) string {
	return b2s(f.text(f.v, key, key, limit))
}

func (f *fields) theme(b []byte) string {
	switch string(b) {
	case "":
		return ""
	case "light":
		return "light"
	case "dark":
		return "dark"
	}
	f.fail(invalid("theme", "must be light or dark"))
	return ""
}

func (f *fields) page(v *fastjson.Value, r *adserver.Request) {
	if v == nil {
		return
	}
	if v.Type() != fastjson.TypeObject {
		f.fail(invalid("page", "must be an object"))
		return
	}
	p := &r.Page
	p.URL = f.text(v, "url", "page.url", adserver.MaxURL)
	p.Title = f.text(v, "title", "page.title", adserver.MaxShortText)
	p.Description = f.text(v, "description", "page.description", adserver.MaxShortText)
	p.Section = f.text(v, "section", "page.section", 128)
	p.Language = f.text(v, "language", "page.language", 35) // the longest BCP 47 tag of RFC 5646 section 4.4.1
	p.Published = f.text(v, "published", "page.published", 40)
	p.Kind = f.text(v, "kind", "page.kind", 16)
	// Too much text is no error: a page sends what it has, and the first part tells what it is about.
	p.Text = cut(f.text(v, "text", "page.text", maxBody), adserver.MaxText)
	p.Sensitive = f.flag(v, "sensitive", "page.sensitive")
	p.NoAds = f.flag(v, "no_ads", "page.no_ads")
	keywords := f.array(v, "keywords", "page.keywords", adserver.MaxKeywords)
	for _, k := range keywords {
		if k.Type() != fastjson.TypeString {
			f.fail(invalid("page.keywords", "must be strings"))
			return
		}
		p.Keywords = append(p.Keywords, cut(k.GetStringBytes(), 256))
	}
}

func (f *fields) flag(v *fastjson.Value, key, path string) bool {
	m := v.Get(key)
	if m == nil || m.Type() == fastjson.TypeNull {
		return false
	}
	b, err := m.Bool()
	if err != nil {
		f.fail(invalid(path, "must be true or false"))
	}
	return b
}

func (f *fields) array(v *fastjson.Value, key, path string, limit int) []*fastjson.Value {
	m := v.Get(key)
	if m == nil || m.Type() == fastjson.TypeNull {
		return nil
	}
	a, err := m.Array()
	if err != nil {
		f.fail(invalid(path, "must be an array"))
		return nil
	}
	if len(a) > limit {
		f.fail(invalid(path, "has %d entries; the limit is %d", len(a), limit))
		return nil
	}
	return a
}

func (f *fields) slots(v *fastjson.Value, r *adserver.Request) {
	if v == nil || v.Type() != fastjson.TypeArray {
		f.fail(invalid("slots", "must be an array of at least one slot, such as [{\"id\":\"s1\",\"placement\":\"article-end\"}]"))
		return
	}
	all, _ := v.Array()
	if len(all) > adserver.MaxSlots {
		f.fail(invalid("slots", "has %d entries; the limit is %d", len(all), adserver.MaxSlots))
		return
	}
	for i, sv := range all {
		if sv.Type() != fastjson.TypeObject {
			f.fail(invalid(slotPath(i, ""), "must be an object"))
			return
		}
		s := r.AddSlot()
		s.ID = b2s(f.text(sv, "id", "slots.id", adserver.MaxID))
		s.Placement = b2s(f.text(sv, "placement", "slots.placement", adserver.MaxID))
		for _, size := range f.array(sv, "sizes", "slots.sizes", adserver.MaxSizes) {
			wh, err := size.Array()
			if err != nil || len(wh) != 2 {
				f.fail(invalid(slotPath(i, "sizes"), "must be pairs of width and height in CSS pixels, such as [[300,250]]"))
				return
			}
			w, errW := wh[0].Uint()
			h, errH := wh[1].Uint()
			if errW != nil || errH != nil || w < 1 || h < 1 || w > 8192 || h > 8192 {
				f.fail(invalid(slotPath(i, "sizes"), "width and height must be whole numbers from 1 to 8192"))
				return
			}
			s.Sizes = append(s.Sizes, catalog.Size{W: uint16(w), H: uint16(h)})
		}
		if f.err != nil {
			f.err.Field = strings.Replace(f.err.Field, "slots.", slotPath(i, "")+".", 1)
			return
		}
	}
}

func slotPath(i int, member string) string {
	p := "slots[" + strconv.Itoa(i) + "]"
	if member != "" {
		p += "." + member
	}
	return p
}

func (f *fields) visitor(v *fastjson.Value, r *adserver.Request) {
	if v == nil || v.Type() == fastjson.TypeNull {
		return
	}
	if v.Type() != fastjson.TypeObject {
		f.fail(invalid("visitor", "must be an object"))
		return
	}
	r.VisitorID = b2s(f.text(v, "id", "visitor.id", adserver.MaxID))
	list := v.Get("segments")
	if list == nil || list.Type() == fastjson.TypeNull {
		return
	}
	segments, err := list.Array()
	if err != nil || len(segments) > adserver.MaxSegments {
		f.fail(invalid("visitor.segments", "must be a list of at most %d audiences", adserver.MaxSegments))
		return
	}
	for _, s := range segments {
		b, err := s.StringBytes()
		if err != nil || len(b) == 0 || len(b) > adserver.MaxID {
			f.fail(invalid("visitor.segments", "holds texts of 1 to %d bytes", adserver.MaxID))
			return
		}
		r.Segments = append(r.Segments, b2s(b))
	}
}

func (f *fields) kv(v *fastjson.Value, r *adserver.Request) {
	if v == nil || v.Type() == fastjson.TypeNull {
		return
	}
	o, err := v.Object()
	if err != nil {
		f.fail(invalid("kv", "must be an object of key to value or values"))
		return
	}
	o.Visit(func(key []byte, val *fastjson.Value) {
		if f.err != nil {
			return
		}
		k := b2s(key)
		if val.Type() == fastjson.TypeArray {
			list, _ := val.Array()
			for _, one := range list {
				f.addKV(r, k, one)
			}
			return
		}
		f.addKV(r, k, val)
	})
}

func (f *fields) addKV(r *adserver.Request, key string, v *fastjson.Value) {
	var value string
	switch v.Type() {
	case fastjson.TypeString:
		value = b2s(v.GetStringBytes())
	case fastjson.TypeNumber:
		value = v.String()
	default:
		f.fail(invalid("kv", "the values of %.40q must be strings or numbers", key))
		return
	}
	if len(key) > adserver.MaxID || len(value) > 256 {
		f.fail(invalid("kv", "keys are at most %d bytes and values at most 256", adserver.MaxID))
		return
	}
	if len(r.KV) == adserver.MaxKV {
		f.fail(invalid("kv", "has more than %d values", adserver.MaxKV))
		return
	}
	r.KV = append(r.KV, targeting.KV{Key: key, Value: value})
}

// parseQuery reads the GET form of /v1/ads: the same names, dotted. A slot is
// slots=ID:PLACEMENT or slots=ID:PLACEMENT:970x250,728x90; slots, page.keywords and kv.NAME may be repeated.
func (p *parser) parseQuery(args *fasthttp.Args) *adserver.RequestError {
	r := &p.req
	f := fields{}
	for kb, v := range args.All() {
		key := b2s(kb)
		switch key {
		case "site":
			r.Site = b2s(f.bounded(key, v, adserver.MaxID))
		case "page.url":
			r.Page.URL = f.bounded(key, v, adserver.MaxURL)
		case "page.title":
			r.Page.Title = f.bounded(key, v, adserver.MaxShortText)
		case "page.description":
			r.Page.Description = f.bounded(key, v, adserver.MaxShortText)
		case "page.section":
			r.Page.Section = f.bounded(key, v, 128)
		case "page.language":
			r.Page.Language = f.bounded(key, v, 35)
		case "page.published":
			r.Page.Published = f.bounded(key, v, 40)
		case "page.kind":
			r.Page.Kind = f.bounded(key, v, 16)
		case "page.text":
			r.Page.Text = cut(v, adserver.MaxText)
		case "page.sensitive":
			r.Page.Sensitive = string(v) == "true"
		case "page.no_ads":
			r.Page.NoAds = string(v) == "true"
		case "page.keywords":
			if len(r.Page.Keywords) == adserver.MaxKeywords {
				f.fail(invalid(key, "has more than %d entries", adserver.MaxKeywords))
				break
			}
			r.Page.Keywords = append(r.Page.Keywords, cut(v, 256))
		case "visitor.segments":
			if len(r.Segments) == adserver.MaxSegments || len(v) == 0 || len(v) > adserver.MaxID {
				f.fail(invalid(key, "at most %d texts of 1 to %d bytes", adserver.MaxSegments, adserver.MaxID))
				break
			}
			r.Segments = append(r.Segments, b2s(v))
		case "visitor.id":
			r.VisitorID = b2s(f.bounded(key, v, adserver.MaxID))
		case "theme":
			r.Theme = f.theme(v)
		case "page_token":
			r.PageToken = f.bounded(key, v, 4<<10)
		case "session_token":
			r.SessionToken = f.bounded(key, v, 4<<10)
		case "slots":
			f.querySlot(r, b2s(v))
		default:
			if name, ok := strings.CutPrefix(key, "kv."); ok {
				if len(r.KV) == adserver.MaxKV || len(name) > adserver.MaxID || len(v) > 256 {
					f.fail(invalid("kv", "at most %d values; keys are at most %d bytes and values at most 256", adserver.MaxKV, adserver.MaxID))
					break
				}
				r.KV = append(r.KV, targeting.KV{Key: name, Value: b2s(v)})
			}
		}
	}
	return f.err
}

func (f *fields) bounded(key string, v []byte, limit int) []byte {
	if len(v) > limit {
		f.fail(invalid(key, "is %d bytes long; the limit is %d", len(v), limit))
		return nil
	}
	return v
}

func (f *fields) querySlot(r *adserver.Request, v string) {
	if len(r.Slots) == adserver.MaxSlots {
		f.fail(invalid("slots", "has more than %d entries", adserver.MaxSlots))
		return
	}
	id, rest, ok := strings.Cut(v, ":")
	if !ok {
		f.fail(invalid("slots", "must be ID:PLACEMENT or ID:PLACEMENT:970x250,728x90"))
		return
	}
	placement, sizes, _ := strings.Cut(rest, ":")
	if len(id) > adserver.MaxID || len(placement) > adserver.MaxID {
		f.fail(invalid("slots", "ids are at most %d bytes", adserver.MaxID))
		return
	}
	s := r.AddSlot()
	s.ID, s.Placement = id, placement
	for sizes != "" {
		var one string
		one, sizes, _ = strings.Cut(sizes, ",")
		w, h, ok := parseSize(one)
		if !ok || len(s.Sizes) == adserver.MaxSizes {
			f.fail(invalid("slots", "sizes must be WIDTHxHEIGHT in CSS pixels, 1 to 8192, at most %d, such as 970x250,728x90", adserver.MaxSizes))
			return
		}
		s.Sizes = append(s.Sizes, catalog.Size{W: w, H: h})
	}
}

// cut shortens b to at most n bytes without splitting a character.
func cut(b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	for n > 0 && b[n]&0xC0 == 0x80 {
		n--
	}
	return b[:n]
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > 160 {
		s = s[:160]
	}
	return s
}
