package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/placard/placard/reporting/report"
)

// apiReports is GET /api/v1/reports: a report in the query language of package report.
func (s *Site) apiReports(w http.ResponseWriter, r *http.Request) {
	c, ok := s.caller(w, r)
	if !ok {
		return
	}
	scope := c.scope
	// Naming an advertiser narrows what ops see. For anybody else another's name finds what a name that does not exist finds: nothing.
	if a := r.URL.Query().Get("advertiser"); a != "" {
		switch {
		case c.ops:
			scope = report.OnlyTenant(a)
		case a != c.advertiser:
			scope = report.OnlyTenant("\x00") // no id holds a NUL
		}
	}
	s.serveReport(w, r, scope)
}

// Local answers reports of everything to whoever may open the server's own socket: `placard report` on the same machine.
func (s *Site) Local() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/reports", func(w http.ResponseWriter, r *http.Request) { s.serveReport(w, r, report.AllTenants()) })
	return mux
}

// apiError answers as the whole HTTP contract does: {"error":{"code","message","field"}}.
func apiError(w http.ResponseWriter, status int, code, message, field string) {
	var body struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Field   string `json:"field,omitempty"`
		} `json:"error"`
	}
	body.Error.Code, body.Error.Message, body.Error.Field = code, message, field
	writeJSON(w, status, body)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Errorf("encode an answer of the API: %w", err)) // its types always encode
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // the reader may have left
}

func (s *Site) apiNotFound(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/api/v1/reports", "/api/v1/delivery", "/api/v1/explain", "/api/v1/openapi.json":
		w.Header().Set("Allow", "GET, HEAD")
		apiError(w, http.StatusMethodNotAllowed, "method_not_allowed", "use GET", "")
	default:
		apiError(w, http.StatusNotFound, "not_found", "there is nothing at this path; /api/v1/openapi.json tells what there is", "")
	}
}

// formats are the API's: media type and file name extension.
var formats = []struct{ name, media string }{
	{"json", "application/json; charset=utf-8"},
	{"csv", "text/csv; charset=utf-8; header=present"},
	{"ndjson", "application/x-ndjson; charset=utf-8"},
	{"table", "text/plain; charset=utf-8"}, // for people at a terminal
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
}

// reportParams are all parameters of reports; a name that is none of them is an error, as a misspelt filter would
// silently show too much.
var reportParams = []string{"from", "to", "by", "metrics", "filter", "sort", "limit", "offset", "tz", "format", "advertiser", "compare"}

func unknownParam(r *http.Request, valid []string) *report.Error {
	for name := range r.URL.Query() {
		if !slices.Contains(valid, name) {
			return &report.Error{Field: name, Message: "there is no such parameter; valid are " + strings.Join(valid, ", ")}
		}
	}
	return nil
}

// serveReport answers one query within a scope.
func (s *Site) serveReport(w http.ResponseWriter, r *http.Request, scope report.Scope) {
	params := r.URL.Query()
	if e := unknownParam(r, reportParams); e != nil {
		apiError(w, http.StatusBadRequest, "invalid_field", e.Message, printable(e.Field))
		return
	}
	format := cmp.Or(params.Get("format"), "json")
	i := slices.IndexFunc(formats, func(f struct{ name, media string }) bool { return f.name == format })
	if i < 0 {
		apiError(w, http.StatusBadRequest, "invalid_field", "there is no such format; valid are json, csv, ndjson, table and xlsx", "format")
		return
	}
	res, err := s.query(r, scope)
	var wrong *report.Error
	switch {
	case errors.As(err, &wrong):
		apiError(w, http.StatusBadRequest, "invalid_field", wrong.Message, wrong.Field)
		return
	case err != nil:
		s.opts.Log.Error("query report", "path", r.URL.Path, "error", err)
		w.Header().Set("Retry-After", "10")
		apiError(w, http.StatusServiceUnavailable, "store_unavailable", "the figures cannot be read right now; nothing is lost, try again shortly", "")
		return
	}
	w.Header().Set("Content-Type", formats[i].media)
	if !res.Through.IsZero() {
		w.Header().Set("Placard-Data-Through", res.Through.UTC().Format(time.RFC3339))
	}
	if res.MoreRows {
		w.Header().Set("Placard-Next-Offset", strconv.Itoa(res.Query.Offset+len(res.Rows)))
	}
	if format != "json" {
		name := "placard-" + res.Query.From.In(res.Query.Zone).Format(time.DateOnly) + "." + format
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	if err := res.Write(w, format); err != nil {
		return // the reader left; what is written cannot be taken back
	}
}

// query reads the request's question and answers it.
func (s *Site) query(r *http.Request, scope report.Scope) (*report.Result, error) {
	params := r.URL.Query()
	q, err := report.Parse(params, s.opts.Zone, s.opts.Now())
	if err != nil {
		return nil, err
	}
	q.Scope = scope
	if err := q.Validate(); err != nil {
		return nil, err
	}
	queries := []report.Query{q}
	switch c := params.Get("compare"); c {
	case "", "none":
	case "previous", "year":
		before := q
		before.By, before.Sort, before.Offset = nil, nil, 0
		if c == "previous" {
			before.From, before.To = q.From.Add(-q.To.Sub(q.From)), q.From
		} else {
			before.From, before.To = q.From.AddDate(-1, 0, 0), q.To.AddDate(-1, 0, 0)
		}
		queries = append(queries, before)
	default:
		return nil, &report.Error{Field: "compare", Message: "valid are previous, year and none"}
	}
	res, err := s.ask(r.Context(), queries)
	if err != nil {
		return nil, err
	}
	if len(res) > 1 {
		res[0].Previous = res[1]
	}
	return res[0], nil
}

func printable(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	return strings.ToValidUTF8(s, "?")
}

// deliveryItem is one line item in GET /api/v1/delivery.
type deliveryItem struct {
	Advertiser  string            `json:"advertiser"`
	Campaign    string            `json:"campaign"`
	LineItem    string            `json:"line_item"`
	Type        string            `json:"type"`
	Priority    int               `json:"priority"`
	State       string            `json:"state"`
	Start       time.Time         `json:"start"`
	End         time.Time         `json:"end"`
	Impressions int64             `json:"impressions"`
	Today       int64             `json:"impressions_today"`
	Goal        int64             `json:"goal_impressions,omitempty"`
	Done        *float64          `json:"delivered_of_goal,omitempty"`
	Expected    *float64          `json:"expected_of_goal,omitempty"`
	Pass        float64           `json:"let_through"`
	Skipped     map[string]uint64 `json:"skipped,omitempty"` // first failing reason → candidates, since the server's start
}

// apiDelivery is GET /api/v1/delivery: where each line item stands this moment, by the counters that pacing uses.
func (s *Site) apiDelivery(w http.ResponseWriter, r *http.Request) {
	c, ok := s.caller(w, r)
	if !ok {
		return
	}
	if e := unknownParam(r, []string{"advertiser", "campaign", "state", "limit", "offset"}); e != nil {
		apiError(w, http.StatusBadRequest, "invalid_field", e.Message, printable(e.Field))
		return
	}
	// A site's token sees what ran on the site, not how advertisers' orders stand elsewhere.
	if s.opts.Ops == nil || !c.ops && c.advertiser == "" {
		apiError(w, http.StatusForbidden, "scope", "delivery is answered to ops and to the advertiser concerned", "")
		return
	}
	q := r.URL.Query()
	limit, offset := 1000, 0
	for name, p := range map[string]*int{"limit": &limit, "offset": &offset} {
		if text := q.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || name == "limit" && (n == 0 || n > 10_000) {
				apiError(w, http.StatusBadRequest, "invalid_field", "must be a whole number from 0, and a limit from 1 to 10000", name)
				return
			}
			*p = n
		}
	}
	o := s.opts.Ops()
	items := []deliveryItem{}
	skipped, more := 0, false
	for _, li := range o.LineItems {
		if c.advertiser != "" && li.Advertiser != c.advertiser || q.Get("advertiser") != "" && li.Advertiser != q.Get("advertiser") ||
			q.Get("campaign") != "" && li.Campaign != q.Get("campaign") {
			continue
		}
		state, _ := li.state(o.Now)
		if q.Get("state") != "" && state != q.Get("state") {
			continue
		}
		if skipped < offset {
			skipped++
			continue
		}
		if len(items) == limit {
			more = true
			break
		}
		it := deliveryItem{
			Advertiser: li.Advertiser, Campaign: li.Campaign, LineItem: li.ID, Type: li.Type, Priority: li.Priority, State: state, Start: li.Start, End: li.End,
			Impressions: li.Impressions, Today: li.Today, Goal: li.Goal, Pass: li.Pass, Skipped: li.Skipped,
		}
		if li.Goal > 0 {
			done, expected := float64(li.Impressions)/float64(li.Goal), li.Expected
			it.Done, it.Expected = &done, &expected
		}
		items = append(items, it)
	}
	answer := map[string]any{"at": o.Now.UTC(), "line_items": items, "more": more}
	if more {
		answer["next_offset"] = offset + len(items)
	}
	if c.ops {
		answer["revision"] = o.Revision
		answer["journal_lag"] = o.JournalLag
	}
	writeJSON(w, http.StatusOK, answer)
}
