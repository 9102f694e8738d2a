package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/placard/placard/reporting/report"
)

// apiReports is GET /api/v1/reports: a report as JSON or CSV, in the query language of package report.
func (s *Site) apiReports(w http.ResponseWriter, r *http.Request) {
	sess, ok := s.session(r)
	if !ok {
		apiError(w, http.StatusUnauthorized, "signed_out", "sign in first: the reports API answers signed-in users", "")
		return
	}
	scope := report.AllTenants()
	if !sess.user.Ops {
		scope = report.OnlyTenant(sess.user.Advertiser)
	} else if a := r.URL.Query().Get("advertiser"); a != "" {
		scope = report.OnlyTenant(a)
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
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // three strings always encode
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // the reader may have left
}

// formats are the API's: media type and file name extension.
var formats = map[string]string{
	"json":  "application/json; charset=utf-8",
	"csv":   "text/csv; charset=utf-8; header=present",
	"table": "text/plain; charset=utf-8", // for people at a terminal
}

// serveReport answers one query within a scope.
func (s *Site) serveReport(w http.ResponseWriter, r *http.Request, scope report.Scope) {
	params := r.URL.Query()
	format := cmp.Or(params.Get("format"), "json")
	media, ok := formats[format]
	if !ok {
		apiError(w, http.StatusBadRequest, "invalid_field", "there is no such format; valid are json and csv", "format")
		return
	}
	q, err := report.Parse(params, s.opts.Zone, s.opts.Now())
	if err == nil {
		q.Scope = scope
		err = q.Validate()
	}
	var res *report.Result
	if err == nil {
		res, err = s.opts.Source.Query(r.Context(), q)
	}
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
	w.Header().Set("Content-Type", media)
	if format == "csv" {
		w.Header().Set("Content-Disposition", `attachment; filename="placard-report.csv"`)
	}
	if err := res.Write(w, format); err != nil {
		return // the reader left; what is written cannot be taken back
	}
}
