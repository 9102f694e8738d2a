package web

import (
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
