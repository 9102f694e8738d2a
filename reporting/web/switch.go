package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Switch is the newsroom's: it keeps ads off pages for a while. All of it is for ops alone. Its functions may be called by any number of
// goroutines.
type Switch struct {
	// Pauses returns what is in force or to come, and what is wrong with the switch's file, "" if nothing.
	Pauses func() ([]Pause, string)
	// Recent returns the last n lines of the record, newest first.
	Recent func(n int) ([]PauseEntry, error)
	// Pause puts a pause in force and returns it completed. A mistake is a [PauseError].
	Pause func(p Pause, by string) (Pause, error)
	// Lift ends a pause early. It returns false if there is none of this id.
	Lift func(id, by string) (bool, error)
}

// Pause keeps the advertisers it names, or all ads, off the pages that meet all of its conditions.
type Pause struct {
	ID          string    `json:"id,omitempty"`
	From        time.Time `json:"from,omitzero"`
	Until       time.Time `json:"until"`
	Reason      string    `json:"reason"`
	By          string    `json:"by,omitempty"`
	Advertisers []string  `json:"advertisers,omitempty"`
	Sites       []string  `json:"sites,omitempty"`
	Sections    []string  `json:"sections,omitempty"`
	Topics      []string  `json:"topics,omitempty"`
	URLs        []string  `json:"urls,omitempty"`
}

// What says in words what the pause keeps off which pages.
func (p Pause) What() string {
	var b strings.Builder
	if len(p.Advertisers) == 0 {
		b.WriteString("all ads")
	} else {
		b.WriteString(strings.Join(p.Advertisers, ", "))
	}
	for _, c := range []struct {
		word string
		list []string
	}{{"site", p.Sites}, {"section", p.Sections}, {"topic", p.Topics}, {"URL", p.URLs}} {
		if len(c.list) > 0 {
			b.WriteString(" · " + c.word + " " + strings.Join(c.list, ", "))
		}
	}
	if len(p.Sites)+len(p.Sections)+len(p.Topics)+len(p.URLs) == 0 {
		b.WriteString(" · everywhere")
	}
	return b.String()
}

// PauseEntry is a line of the switch's record.
type PauseEntry struct {
	At     time.Time `json:"at"`
	Action string    `json:"action"` // paused, lifted or ended
	By     string    `json:"by"`
	Pause  Pause     `json:"pause"`
}

// PauseError is a pause that cannot be taken as it stands.
type PauseError struct{ Field, Message string }

func (e *PauseError) Error() string { return e.Field + ": " + e.Message }

// pauseRecord is how many lines of the record are shown.
const pauseRecord = 50

type switchPage struct {
	page
	Pauses  []Pause
	Record  []PauseEntry
	Wrong   string // of the file
	Problem string // of the form
	Lengths []string
	Form    map[string]string
	Now     time.Time
}

var switchFields = []string{"reason", "length", "advertisers", "sites", "sections", "topics", "urls"}

func (s *Site) switchPage(w http.ResponseWriter, r *http.Request) {
	if s.ops(w, r) {
		s.showSwitch(w, r, http.StatusOK, "")
	}
}

func (s *Site) showSwitch(w http.ResponseWriter, r *http.Request, status int, problem string) {
	p := switchPage{page: s.page(w, r, "Editorial switch"), Problem: problem, Lengths: []string{"30m", "2h", "6h", "24h", "72h", "168h"}, Form: map[string]string{}, Now: s.opts.Now()}
	p.Pauses, p.Wrong = s.opts.Switch.Pauses()
	var err error
	if p.Record, err = s.opts.Switch.Recent(pauseRecord); err != nil {
		s.failQuery(w, r, err)
		return
	}
	for _, f := range switchFields {
		p.Form[f] = r.PostFormValue(f)
	}
	s.render(w, r, status, "switch.html", p)
}

// switchForm takes the page's forms: one that pauses, and one that lifts.
func (s *Site) switchForm(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	sess, ok := s.session(r)
	if !ok || !sess.user.Ops {
		s.notFound(w, r)
		return
	}
	if !s.fromForm(r, sess) {
		s.showSwitch(w, r, http.StatusForbidden, "This form is out of date. It is filled in as you left it: send it once more.")
		return
	}
	if id := r.PostFormValue("lift"); id != "" {
		if _, err := s.opts.Switch.Lift(id, sess.user.Name); err != nil {
			s.failQuery(w, r, err)
			return
		}
		http.Redirect(w, r, "/ops/switch", http.StatusSeeOther)
		return
	}
	length, err := time.ParseDuration(r.PostFormValue("length"))
	if err != nil || length <= 0 {
		s.showSwitch(w, r, http.StatusBadRequest, "until: choose how long the pause lasts")
		return
	}
	split := func(name string) []string {
		var out []string
		for _, v := range strings.FieldsFunc(r.PostFormValue(name), func(c rune) bool { return c == ',' || c == '\n' }) {
			if v = strings.TrimSpace(v); v != "" {
				out = append(out, v)
			}
		}
		return out
	}
	_, err = s.opts.Switch.Pause(Pause{
		Until: s.opts.Now().Add(length), Reason: r.PostFormValue("reason"),
		Advertisers: split("advertisers"), Sites: split("sites"), Sections: split("sections"), Topics: split("topics"), URLs: split("urls"),
	}, sess.user.Name)
	var wrong *PauseError
	switch {
	case errors.As(err, &wrong):
		s.showSwitch(w, r, http.StatusBadRequest, wrong.Error())
	case err != nil:
		s.failQuery(w, r, err)
	default:
		http.Redirect(w, r, "/ops/switch", http.StatusSeeOther)
	}
}

// switchCaller is who calls the switch's API: ops. What changes something needs a token, which no other site's page can send.
func (s *Site) switchCaller(w http.ResponseWriter, r *http.Request, changes bool) (string, bool) {
	c, ok := s.caller(w, r)
	if !ok {
		return "", false
	}
	if !c.ops {
		apiError(w, http.StatusForbidden, "scope", "the editorial switch is for ops", "")
		return "", false
	}
	if changes && r.Header.Get("Authorization") == "" {
		apiError(w, http.StatusForbidden, "token_needed", "send an ops token as \"Authorization: Bearer …\", or use the page /ops/switch", "")
		return "", false
	}
	return c.name, true
}

// apiPauses is GET /api/v1/pauses.
func (s *Site) apiPauses(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.switchCaller(w, r, false); !ok {
		return
	}
	list, wrong := s.opts.Switch.Pauses()
	record, err := s.opts.Switch.Recent(pauseRecord)
	if err != nil {
		s.opts.Log.Error("read the switch's record", "error", err)
		apiError(w, http.StatusInternalServerError, "internal", "the record cannot be read; it was noted in the log", "")
		return
	}
	if list == nil {
		list = []Pause{}
	}
	if record == nil {
		record = []PauseEntry{}
	}
	answer := map[string]any{"pauses": list, "record": record}
	if wrong != "" {
		answer["file_problem"] = wrong
	}
	writeJSON(w, http.StatusOK, answer)
}

// apiPause is POST /api/v1/pauses.
func (s *Site) apiPause(w http.ResponseWriter, r *http.Request) {
	by, ok := s.switchCaller(w, r, true)
	if !ok {
		return
	}
	var p Pause
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxForm))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		apiError(w, http.StatusBadRequest, "invalid_json", "the body must be a pause as JSON: "+err.Error(), "")
		return
	}
	p, err := s.opts.Switch.Pause(p, by)
	var wrong *PauseError
	switch {
	case errors.As(err, &wrong):
		apiError(w, http.StatusBadRequest, "invalid_field", wrong.Message, wrong.Field)
	case err != nil:
		s.opts.Log.Error("pause", "error", err)
		apiError(w, http.StatusInternalServerError, "internal", "the pause could not be put on disk, and is not in force", "")
	default:
		w.Header().Set("Location", "/api/v1/pauses/"+p.ID)
		writeJSON(w, http.StatusCreated, p)
	}
}

// apiLift is DELETE /api/v1/pauses/{id}.
func (s *Site) apiLift(w http.ResponseWriter, r *http.Request) {
	by, ok := s.switchCaller(w, r, true)
	if !ok {
		return
	}
	found, err := s.opts.Switch.Lift(r.PathValue("id"), by)
	switch {
	case err != nil:
		s.opts.Log.Error("lift pause", "error", err)
		apiError(w, http.StatusInternalServerError, "internal", "the change could not be put on disk; the pause holds", "")
	case !found:
		apiError(w, http.StatusNotFound, "not_found", "there is no such pause: "+strconv.Quote(printable(r.PathValue("id"))), "")
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}
