package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/configs"
	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
)

type explainCmd struct {
	Config string `placeholder:"PATH" help:"Configuration. Not needed with a server that runs on --data."`
	Data   string `placeholder:"DIR" help:"Data directory of a running server: it is asked, with its delivery and what it knows of the page."`

	Site      string   `required:"" help:"Site."`
	Placement string   `required:"" help:"Placement."`
	Size      []string `placeholder:"WxH" help:"Sizes of the slot. Default: the placement's."`
	URL       string   `name:"url" help:"Address of the page."`
	Title     string   `help:"Title of the page."`
	Section   string   `help:"Section of the page."`
	Keywords  []string `help:"Keywords of the page."`
	Text      string   `help:"File with the page's text, - for standard input."`
	Language  string   `help:"Language of the page."`
	Country   string   `help:"Country of the visitor, such as PK."`
	Device    string   `enum:",phone,tablet,desktop,tv,console" default:"" help:"Device of the visitor: phone, tablet, desktop, tv or console. Default: a phone."`
	Visitor   string   `help:"Id of the visitor, for frequency caps."`
	Theme     string   `enum:",light,dark" default:"" help:"light or dark."`
	KV        []string `name:"kv" placeholder:"KEY=VALUE" help:"Key-values of the page."`
	At        string   `placeholder:"INSTANT" help:"When, in RFC 3339. Default: now. Only without --data."`
	LineItem  string   `placeholder:"ID" help:"Only this line item, as line item or advertiser/campaign/line_item."`
	Format    string   `enum:"table,json" default:"table" help:"table or json."`
}

// Help explains the command.
func (explainCmd) Help() string {
	return "Lists for one slot each line item: served, or the first thing that keeps it from serving. Nothing is counted or recorded."
}

// explainQuery is a question to a server. Its JSON is what the socket takes.
type explainQuery struct {
	Site      string   `json:"site"`
	Placement string   `json:"placement"`
	Sizes     []string `json:"sizes,omitempty"`
	URL       string   `json:"url,omitempty"`
	Title     string   `json:"title,omitempty"`
	Section   string   `json:"section,omitempty"`
	Keywords  []string `json:"keywords,omitempty"`
	Text      string   `json:"text,omitempty"`
	Language  string   `json:"language,omitempty"`
	Country   string   `json:"country,omitempty"`
	Device    string   `json:"device,omitempty"`
	Visitor   string   `json:"visitor,omitempty"`
	Theme     string   `json:"theme,omitempty"`
	KV        []string `json:"kv,omitempty"`
}

// explanation is the answer.
type explanation struct {
	Revision string        `json:"config"`
	At       time.Time     `json:"at"`
	Page     *explainPage  `json:"page,omitempty"`
	Lines    []explainLine `json:"line_items"`
}

type explainPage struct {
	URL       string            `json:"url"`
	Language  string            `json:"language,omitempty"`
	Known     bool              `json:"known"`
	Sensitive bool              `json:"marked_sensitive,omitempty"`
	NoAds     bool              `json:"marked_no_ads,omitempty"`
	Topics    []string          `json:"topics,omitempty"`
	Risks     map[string]string `json:"risks,omitempty"`
	Evidence  []explainEvidence `json:"evidence,omitempty"`
}

type explainEvidence struct {
	Topic string `json:"topic"`
	Words string `json:"words"`
	Where string `json:"where"`
}

type explainLine struct {
	Advertiser string `json:"advertiser"`
	Campaign   string `json:"campaign"`
	LineItem   string `json:"line_item"`
	Type       string `json:"type"`
	Priority   uint8  `json:"priority"`
	Served     bool   `json:"served"`
	Reason     string `json:"reason,omitempty"`
	Detail     string `json:"detail,omitempty"`
	Source     string `json:"source"`
}

func (c explainCmd) Run(e *env) error {
	q, err := c.query(e)
	if err != nil {
		return err
	}
	var x explanation
	if c.Data != "" {
		x, err = c.ask(e, q)
	} else {
		x, err = c.alone(e, q)
	}
	if err != nil {
		return err
	}
	if c.LineItem != "" {
		x.Lines = slices.DeleteFunc(x.Lines, func(l explainLine) bool {
			return c.LineItem != l.LineItem && c.LineItem != l.Advertiser+"/"+l.Campaign+"/"+l.LineItem
		})
		if len(x.Lines) == 0 {
			return fmt.Errorf("there is no line item %q in the configuration", c.LineItem)
		}
	}
	if c.Format == "json" {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(x)
	}
	return x.print(e.stdout)
}

func (c explainCmd) query(e *env) (explainQuery, error) {
	q := explainQuery{
		Site: c.Site, Placement: c.Placement, Sizes: c.Size, URL: c.URL, Title: c.Title, Section: c.Section, Keywords: c.Keywords, Language: c.Language,
		Country: strings.ToUpper(c.Country), Device: c.Device, Visitor: c.Visitor, Theme: c.Theme, KV: c.KV,
	}
	if c.Text == "" {
		return q, nil
	}
	var b []byte
	var err error
	if c.Text == "-" {
		b, err = io.ReadAll(io.LimitReader(e.stdin, adserver.MaxText))
	} else {
		b, err = os.ReadFile(c.Text)
	}
	if err != nil {
		return q, fmt.Errorf("read the page's text: %w", err)
	}
	q.Text = string(b[:min(len(b), adserver.MaxText)])
	return q, nil
}

// ask asks the running server.
func (c explainCmd) ask(e *env, q explainQuery) (explanation, error) {
	if c.Config != "" || c.At != "" {
		return explanation{}, errors.New("with --data the running server answers, with its configuration and now: leave out --config and --at")
	}
	if _, err := os.Stat(socketPath(c.Data)); err != nil {
		return explanation{}, fmt.Errorf("no server runs on %s: start one, or give --config instead of --data", c.Data)
	}
	body, err := json.Marshal(q)
	if err != nil {
		return explanation{}, err
	}
	var out bytes.Buffer
	if err := callServer(e.ctx, c.Data, http.MethodPost, "/explain", body, &out); err != nil {
		return explanation{}, err
	}
	var x explanation
	return x, json.Unmarshal(out.Bytes(), &x)
}

// alone answers from the configuration, as if nothing had been delivered yet.
func (c explainCmd) alone(e *env, q explainQuery) (explanation, error) {
	if c.Config == "" {
		return explanation{}, errors.New("say what to explain with: --config PATH, or --data DIR of a running server")
	}
	now := time.Now()
	if c.At != "" {
		t, err := time.Parse(time.RFC3339, c.At)
		if err != nil {
			return explanation{}, fmt.Errorf("--at %q is no instant: write it like 2026-11-20T08:00:00Z", c.At)
		}
		now = t
	}
	cat, cfg, problems := catalog.Load(c.Config)
	if cat == nil {
		return explanation{}, startError(e, problems)
	}
	p, err := newParts(partsOptions{Rules: cfg.Rules, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return explanation{}, err
	}
	defer p.pages.Close()
	engine := p.engine(engineOptions{Journal: discard{}, Now: func() time.Time { return now }, TokenTTL: time.Hour})
	if err := engine.engine.Load(cat); err != nil {
		return explanation{}, err
	}
	engine.track.Tick(now)
	engine.engine.SetReady()
	return explain(engine.engine, q, now)
}

// discard is a journal that keeps nothing, for engines that only explain.
type discard struct{}

func (discard) Append([]byte) error     { return nil }
func (discard) AppendSync([]byte) error { return nil }

// explain asks an engine.
func explain(engine *adserver.Engine, q explainQuery, now time.Time) (explanation, error) {
	r := &adserver.Request{Site: q.Site, VisitorID: q.Visitor, Theme: q.Theme, As: adserver.As{Country: q.Country, Device: q.Device}}
	r.Client.UserAgent = everydayBrowser(q.Device)
	slot := r.AddSlot()
	slot.ID, slot.Placement = "explained", q.Placement
	for _, s := range q.Sizes {
		w, h, ok := strings.Cut(s, "x")
		wn, errW := strconv.ParseUint(w, 10, 16)
		hn, errH := strconv.ParseUint(h, 10, 16)
		if !ok || errW != nil || errH != nil || wn == 0 || hn == 0 {
			return explanation{}, fmt.Errorf("%q is no size: write it like 300x250", s)
		}
		slot.Sizes = append(slot.Sizes, catalog.Size{W: uint16(wn), H: uint16(hn)})
	}
	for _, kv := range q.KV {
		k, v, ok := strings.Cut(kv, "=")
		if !ok {
			return explanation{}, fmt.Errorf("%q is no key-value: write it like edition=pk", kv)
		}
		r.KV = append(r.KV, targeting.KV{Key: k, Value: v})
	}
	r.Page.URL, r.Page.Title, r.Page.Section = []byte(q.URL), []byte(q.Title), []byte(q.Section)
	r.Page.Text, r.Page.Language = []byte(q.Text), []byte(q.Language)
	for _, k := range q.Keywords {
		r.Page.Keywords = append(r.Page.Keywords, []byte(k))
	}
	got, err := engine.Explain(r)
	if err != nil {
		return explanation{}, err
	}
	x := explanation{Revision: got.Catalog.Revision, At: now}
	if got.Page != nil {
		ctx := got.Page.Context
		p := &explainPage{URL: ctx.URL, Language: ctx.Language, Known: ctx.Known, Sensitive: ctx.Sensitive, NoAds: ctx.NoAds}
		for _, t := range ctx.Topics {
			p.Topics = append(p.Topics, fmt.Sprintf("%s (%.2f)", t.Name, t.Confidence))
		}
		p.Risks = map[string]string{}
		for topic, risk := range ctx.Risks {
			if risk != pagecontext.RiskNone {
				p.Risks[pagecontext.SensitiveTopic(topic).String()] = risk.String()
			}
		}
		for _, ev := range ctx.Evidence {
			p.Evidence = append(p.Evidence, explainEvidence{ev.Topic, ev.Words, ev.Where})
		}
		x.Page = p
	}
	for _, l := range got.Slots[0] {
		li := &got.Catalog.LineItems[l.LineItem]
		out := explainLine{
			Advertiser: li.Key.Advertiser, Campaign: li.Key.Campaign, LineItem: li.ID, Type: li.Type.String(), Priority: li.Priority,
			Served: l.Served, Detail: l.Detail, Source: li.Source,
		}
		if l.Reason != decision.None {
			out.Reason = l.Reason.String()
		}
		x.Lines = append(x.Lines, out)
	}
	slices.SortStableFunc(x.Lines, func(a, b explainLine) int {
		if a.Served != b.Served {
			if a.Served {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Priority, b.Priority)
	})
	return x, nil
}

func (x *explanation) print(w io.Writer) error {
	if p := x.Page; p != nil {
		fmt.Fprintf(w, "page      %s\n", p.URL)
		switch {
		case !p.Known:
			fmt.Fprintln(w, "          not understood: too little text came with it, or its language has no rules")
		default:
			fmt.Fprintf(w, "language  %s\ntopics    %s\n", p.Language, cmp.Or(strings.Join(p.Topics, ", "), "none"))
			risks := make([]string, 0, len(p.Risks))
			for topic, risk := range p.Risks {
				risks = append(risks, topic+" "+risk)
			}
			slices.Sort(risks)
			fmt.Fprintf(w, "sensitive %s\n", cmp.Or(strings.Join(risks, ", "), "no"))
		}
		for _, e := range p.Evidence {
			fmt.Fprintf(w, "          %s: %q in %s\n", e.Topic, e.Words, e.Where)
		}
	} else {
		fmt.Fprintln(w, "page      not named: line items that want to know it do not serve")
	}
	fmt.Fprintf(w, "config    %s at %s\n\n", x.Revision, x.At.Format(time.RFC3339))
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "\tLINE ITEM\tTYPE\tPRIORITY\tREASON\tDETAIL\tDEFINED AT")
	for _, l := range x.Lines {
		mark := ""
		if l.Served {
			mark = "serves"
		}
		fmt.Fprintf(t, "%s\t%s/%s/%s\t%s\t%d\t%s\t%s\t%s\n", mark, l.Advertiser, l.Campaign, l.LineItem, l.Type, l.Priority, l.Reason, l.Detail, l.Source)
	}
	return t.Flush()
}

// explainHandler answers on the server's socket.
func (s *server) explainHandler(w http.ResponseWriter, r *http.Request) {
	var q explainQuery
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 256<<10))
	dec.DisallowUnknownFields()
	err := dec.Decode(&q)
	var x explanation
	if err == nil {
		x, err = explain(s.engine, q, s.opts.Now())
	}
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		msg := map[string]string{"code": "invalid_field", "message": err.Error()}
		var re *adserver.RequestError
		if errors.As(err, &re) {
			msg = map[string]string{"code": re.Code, "message": re.Message, "field": re.Field}
		}
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": msg}) // the asker may have left
		return
	}
	_ = json.NewEncoder(w).Encode(x) // the asker may have left
}

// loadServerConfig reads a configuration and prints what is wrong with it.
func loadServerConfig(e *env, path string) (*configs.Config, error) {
	_, cfg, problems := catalog.Load(path)
	if cfg == nil {
		return nil, startError(e, problems)
	}
	return cfg, nil
}
