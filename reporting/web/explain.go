package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// ExplainQuery is a page, a visitor and an instant to decide again. Nothing is counted or recorded.
type ExplainQuery struct {
	Site, Placement      string // Placement "" means all placements of the site
	URL, Section         string
	Title, Text          string
	Language             string
	Country, Device      string // Device: desktop, phone, tablet or tv
	UserAgent            string
	Theme                string
	At                   time.Time
	Advertiser, LineItem string // limits the answer, "" for all. LineItem is an id, or campaign/id
}

// Explanation is why each line item serves in each slot or does not.
type Explanation struct {
	Revision string        `json:"revision"`
	Page     []Fact        `json:"page"`    // what the page was understood to be
	Visitor  []Fact        `json:"visitor"` // likewise
	Slots    []ExplainSlot `json:"slots"`
}

// Fact is a name and a value, for people.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ExplainSlot is one slot's outcome and what became of each line item.
type ExplainSlot struct {
	Placement string        `json:"placement"`
	Served    string        `json:"served,omitempty"` // advertiser/campaign/line item
	Creative  string        `json:"creative,omitempty"`
	NoFill    string        `json:"no_fill,omitempty"`
	Lines     []ExplainLine `json:"line_items"`
}

// ExplainLine is what became of one line item.
type ExplainLine struct {
	Advertiser string  `json:"advertiser"`
	Campaign   string  `json:"campaign"`
	LineItem   string  `json:"line_item"`
	Served     bool    `json:"served"`
	Reason     string  `json:"reason,omitempty"`
	Detail     string  `json:"detail,omitempty"`
	Score      float64 `json:"score,omitempty"`
}

// ExplainError is a question that cannot be answered as it stands: it names the field.
type ExplainError struct{ Field, Message string }

func (e *ExplainError) Error() string { return e.Field + ": " + e.Message }

var explainParams = []string{
	"site", "placement", "url", "section", "title", "text", "language", "country", "device", "user_agent", "theme", "at", "advertiser", "line_item",
}

const maxExplainText = 20_000

// parseExplain reads a question.
func (s *Site) parseExplain(q url.Values) (ExplainQuery, *ExplainError) {
	e := ExplainQuery{
		Site: q.Get("site"), Placement: q.Get("placement"), URL: strings.TrimSpace(q.Get("url")), Section: q.Get("section"), Title: q.Get("title"), Text: q.Get("text"),
		Language: q.Get("language"), Country: strings.ToUpper(strings.TrimSpace(q.Get("country"))), Device: q.Get("device"), UserAgent: q.Get("user_agent"), Theme: q.Get("theme"),
		Advertiser: q.Get("advertiser"), LineItem: q.Get("line_item"), At: s.opts.Now(),
	}
	for name, values := range q {
		for _, v := range values {
			limit := 2048
			if name == "text" {
				limit = maxExplainText
			}
			if len(v) > limit || strings.ToValidUTF8(v, "") != v {
				return e, &ExplainError{printable(name), "must be text of a bounded length"}
			}
		}
	}
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return e, &ExplainError{"url", "must be a page's address, such as https://news.example/world/story"}
	}
	if e.Country != "" && len(e.Country) != 2 {
		return e, &ExplainError{"country", "must be two letters, such as PK"}
	}
	if e.Device != "" && !slices.Contains([]string{"desktop", "phone", "tablet", "tv"}, e.Device) {
		return e, &ExplainError{"device", "must be desktop, phone, tablet or tv"}
	}
	if at := q.Get("at"); at != "" {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			if t, err = time.ParseInLocation("2006-01-02T15:04", at, s.opts.Zone); err != nil {
				return e, &ExplainError{"at", "must be an instant, such as 2026-11-24T09:00"}
			}
		}
		e.At = t
	}
	return e, nil
}

// apiExplain is GET /api/v1/explain.
func (s *Site) apiExplain(w http.ResponseWriter, r *http.Request) {
	c, ok := s.caller(w, r)
	if !ok {
		return
	}
	if s.opts.Explain == nil || !c.ops && c.advertiser == "" {
		apiError(w, http.StatusForbidden, "scope", "decisions are explained to ops and to the advertiser concerned", "")
		return
	}
	if e := unknownParam(r, explainParams); e != nil {
		apiError(w, http.StatusBadRequest, "invalid_field", e.Message, printable(e.Field))
		return
	}
	q, wrong := s.parseExplain(r.URL.Query())
	if wrong != nil {
		apiError(w, http.StatusBadRequest, "invalid_field", wrong.Message, wrong.Field)
		return
	}
	x, err := s.explain(r, q, c)
	switch {
	case errors.As(err, &wrong):
		apiError(w, http.StatusBadRequest, "invalid_field", wrong.Message, wrong.Field)
	case err != nil:
		s.opts.Log.Error("explain", "error", err)
		apiError(w, http.StatusServiceUnavailable, "unavailable", "the decision cannot be explained right now", "")
	default:
		writeJSON(w, http.StatusOK, x)
	}
}

// explain asks the server and leaves out what the caller may not see: an advertiser learns of its own line items alone, and of a
// slot that another won only that another won it.
func (s *Site) explain(r *http.Request, q ExplainQuery, c caller) (*Explanation, error) {
	x, err := s.opts.Explain(r.Context(), q)
	if err != nil {
		return nil, err
	}
	only := q.Advertiser
	if c.advertiser != "" {
		only = c.advertiser
	}
	out := *x
	out.Slots = nil
	for _, slot := range x.Slots {
		lines := []ExplainLine{}
		for _, l := range slot.Lines {
			if only != "" && l.Advertiser != only || q.LineItem != "" && q.LineItem != l.LineItem && q.LineItem != l.Campaign+"/"+l.LineItem ||
				q.Advertiser != "" && l.Advertiser != q.Advertiser {
				continue
			}
			lines = append(lines, l)
		}
		slot.Lines = lines
		if c.advertiser != "" && slot.Served != "" && !strings.HasPrefix(slot.Served, c.advertiser+"/") {
			slot.Served, slot.Creative = "another advertiser", ""
		}
		out.Slots = append(out.Slots, slot)
	}
	return &out, nil
}

// whyPage is the ops room's "Why not?".
type whyPage struct {
	page
	Query    ExplainQuery
	At       string
	Sites    []string
	Devices  []string
	Asked    bool
	Problem  string
	Answer   *Explanation
	API      string
	LineItem string
}

func (s *Site) whyPage(w http.ResponseWriter, r *http.Request) {
	if !s.ops(w, r) {
		return
	}
	if s.opts.Explain == nil {
		s.notFound(w, r)
		return
	}
	p := whyPage{page: s.page(w, r, "Why not?"), Devices: []string{"desktop", "phone", "tablet", "tv"}}
	q := r.URL.Query()
	p.Asked = q.Has("url")
	status := http.StatusOK
	var wrong *ExplainError
	p.Query, wrong = s.parseExplain(q)
	p.At = q.Get("at")
	if p.Asked && wrong == nil {
		x, err := s.explain(r, p.Query, caller{ops: true})
		switch {
		case errors.As(err, &wrong):
		case err != nil:
			s.failQuery(w, r, err)
			return
		default:
			p.Answer = x
			q.Del("lang")
			p.API = "/api/v1/explain?" + q.Encode()
		}
	}
	if p.Asked && wrong != nil {
		p.Problem, status = wrong.Error(), http.StatusBadRequest
	}
	s.render(w, r, status, "why.html", p)
}
