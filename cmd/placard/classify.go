package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"github.com/placard/placard/targeting/pagecontext"
)

type classifyCmd struct {
	What  string `arg:"" optional:"" name:"FILE|URL" help:"A page: a file of HTML or plain text, its address on the web, or - for standard input."`
	Batch bool   `help:"Read JSON lines (id, title, text, and optionally url, language, description, section, keywords) and write one line of JSON for each."`
	Rules string `help:"A directory of further rule files (*.rules)." type:"existingdir" placeholder:"DIR"`
	URL   string `help:"The address that a file is the page of." placeholder:"URL"`
	JSON  bool   `name:"json" help:"Print JSON instead of a table."`
}

// Help is what --help says besides.
func (classifyCmd) Help() string {
	return "Tells what a page is about: language, section, topics of IAB Content Taxonomy 3.1, sensitive topics with their risk, and the words that led there."
}

// Run classifies one page, or a batch.
func (c *classifyCmd) Run(e *env) error {
	opts := pagecontext.Options{}
	if c.Rules != "" {
		opts.Rules = os.DirFS(c.Rules)
	}
	classifier, err := pagecontext.NewClassifier(opts)
	if err != nil {
		return err
	}
	if c.Batch {
		in := e.stdin
		if c.What != "" && c.What != "-" {
			f, err := os.Open(c.What)
			if err != nil {
				return plainFileError("read", c.What, err)
			}
			defer f.Close()
			in = f
		}
		return classifyBatch(e, classifier, in)
	}
	if c.What == "" {
		return errors.New("name a file or an address, or use --batch")
	}
	page, err := c.read(e)
	if err != nil {
		return err
	}
	ctx := classifier.Classify(&page)
	if c.JSON {
		return json.NewEncoder(e.stdout).Encode(newClassified("", ctx))
	}
	return printContext(e.stdout, ctx, classifier.RuleFiles())
}

func plainFileError(verb, name string, err error) error {
	return fmt.Errorf("%s %s: %w", verb, name, plainError(err))
}

// maxPageRead is what is read of a page at most.
const maxPageRead = pagecontext.MaxHTML

// read gets the page that the command names.
func (c *classifyCmd) read(e *env) (pagecontext.Input, error) {
	address := c.URL
	var body []byte
	var isHTML bool
	switch {
	case strings.HasPrefix(c.What, "http://"), strings.HasPrefix(c.What, "https://"):
		if address == "" {
			address = c.What
		}
		b, kind, err := fetch(e.ctx, c.What)
		if err != nil {
			return pagecontext.Input{}, err
		}
		body, isHTML = b, strings.Contains(kind, "html")
	default:
		in := e.stdin
		if c.What != "-" {
			f, err := os.Open(c.What)
			if err != nil {
				return pagecontext.Input{}, plainFileError("read", c.What, err)
			}
			defer f.Close()
			in = f
		}
		b, err := io.ReadAll(io.LimitReader(in, maxPageRead+1))
		if err != nil {
			return pagecontext.Input{}, plainFileError("read", c.What, err)
		}
		body = b
		head := strings.ToLower(string(b[:min(len(b), 1024)]))
		isHTML = strings.Contains(head, "<!doctype html") || strings.Contains(head, "<html") || strings.Contains(head, "<head")
	}
	if len(body) > maxPageRead {
		return pagecontext.Input{}, fmt.Errorf("%s is larger than %d MiB", c.What, maxPageRead>>20)
	}
	if isHTML {
		if address == "" {
			address = "https://paper.example/page"
		}
		return pagecontext.FromHTML(body, address)
	}
	// The first line of a text is its title.
	title, text, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	return pagecontext.Input{URL: address, Title: title, Text: text, Kind: "article"}, nil
}

// fetch gets one page that the person at the terminal named.
func fetch(ctx context.Context, address string) (body []byte, contentType string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", fmt.Errorf("fetch %s: %w", address, err)
	}
	req.Header.Set("User-Agent", "placard-classify")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, "", fmt.Errorf("fetch page: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("fetch %s: the server answers %s", address, res.Status)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, maxPageRead+1))
	if err != nil {
		return nil, "", fmt.Errorf("fetch %s: %w", address, err)
	}
	return b, res.Header.Get("Content-Type"), nil
}

// batchLine is one page of a batch.
type batchLine struct {
	ID          any      `json:"id"`
	Title       string   `json:"title"`
	Text        string   `json:"text"`
	URL         string   `json:"url"`
	Language    string   `json:"language"`
	Description string   `json:"description"`
	Section     string   `json:"section"`
	Keywords    []string `json:"keywords"`
}

// classified is what is written for a page.
type classified struct {
	ID        any                  `json:"id,omitempty"`
	Language  string               `json:"language"`
	Known     bool                 `json:"known"`
	Section   string               `json:"section"`
	Topics    []classifiedTopic    `json:"topics"`
	Sensitive []classifiedRisk     `json:"sensitive"`
	Evidence  []classifiedEvidence `json:"evidence"`
}

type classifiedTopic struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	Confidence float64 `json:"confidence"`
}

type classifiedRisk struct {
	Topic string `json:"topic"`
	Risk  string `json:"risk"`
}

type classifiedEvidence struct {
	Topic string  `json:"topic"`
	Words string  `json:"words"`
	Where string  `json:"where"`
	Rule  string  `json:"rule"`
	Score float64 `json:"score"`
}

func newClassified(id any, c *pagecontext.Context) classified {
	out := classified{ID: id, Language: c.Language, Known: c.Known, Section: pagecontext.BroadSection(c),
		Topics: []classifiedTopic{}, Sensitive: []classifiedRisk{}, Evidence: []classifiedEvidence{}}
	for _, t := range c.Topics {
		out.Topics = append(out.Topics, classifiedTopic{t.ID, t.Name, rounded(t.Confidence)})
	}
	for i, r := range c.Risks {
		if r != pagecontext.RiskNone {
			out.Sensitive = append(out.Sensitive, classifiedRisk{pagecontext.SensitiveTopic(i).String(), r.String()})
		}
	}
	for _, ev := range c.Evidence {
		out.Evidence = append(out.Evidence, classifiedEvidence{ev.Topic, ev.Words, ev.Where, ev.Rule, rounded(ev.Score)})
	}
	return out
}

func rounded(f float32) float64 { return float64(int(f*1000+0.5)) / 1000 }

// maxBatchLine bounds one line of a batch, in bytes: a page's text in the widest escaping.
const maxBatchLine = 8 << 20

// classifyBatch classifies line by line, on all cores, and keeps the order.
func classifyBatch(e *env, classifier *pagecontext.Classifier, in io.Reader) error {
	type job struct {
		line []byte
		n    int
		out  chan []byte
		err  chan error
	}
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	jobs, ordered := make(chan job, workers), make(chan job, 8*workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for j := range jobs {
				b, err := classifyLine(classifier, j.line, j.n)
				j.out <- b
				j.err <- err
			}
		})
	}
	var readErr error
	wg.Go(func() {
		defer close(jobs)
		defer close(ordered)
		lines := bufio.NewScanner(in)
		lines.Buffer(make([]byte, 64<<10), maxBatchLine)
		n := 0
		for lines.Scan() {
			n++
			if len(strings.TrimSpace(lines.Text())) == 0 {
				continue
			}
			j := job{line: append([]byte(nil), lines.Bytes()...), n: n, out: make(chan []byte, 1), err: make(chan error, 1)}
			select {
			case ordered <- j:
				jobs <- j
			case <-ctx.Done():
				return
			}
		}
		if err := lines.Err(); err != nil {
			readErr = fmt.Errorf("read line %d: %w (a line may have %d MiB)", n+1, err, maxBatchLine>>20)
		}
	})
	progress := newLineProgress(e.stderr)
	out := bufio.NewWriterSize(e.stdout, 64<<10)
	done := 0
	var failed error
	for j := range ordered {
		if b, err := <-j.out, <-j.err; err != nil {
			failed = errors.Join(failed, err)
			cancel()
		} else if failed == nil {
			if _, err := out.Write(b); err != nil {
				failed = fmt.Errorf("write results: %w", err)
				cancel()
			}
			done++
			progress.show(done)
		}
	}
	wg.Wait()
	progress.end()
	if err := out.Flush(); err != nil && failed == nil {
		failed = fmt.Errorf("write results: %w", err)
	}
	return errors.Join(failed, readErr, context.Cause(e.ctx))
}

func classifyLine(classifier *pagecontext.Classifier, line []byte, n int) ([]byte, error) {
	var p batchLine
	if err := json.Unmarshal(line, &p); err != nil {
		return nil, fmt.Errorf("line %d is not a page: %w", n, err)
	}
	ctx := classifier.Classify(&pagecontext.Input{
		URL: p.URL, Title: p.Title, Text: p.Text, Language: p.Language, Description: p.Description, Section: p.Section, Keywords: p.Keywords, Kind: "article",
	})
	b, err := json.Marshal(newClassified(p.ID, ctx))
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", n, err)
	}
	return append(b, '\n'), nil
}

// lineProgress counts lines on a terminal, and is silent elsewhere.
type lineProgress struct {
	w    io.Writer // nil: silent
	last time.Time
}

func newLineProgress(w io.Writer) *lineProgress {
	if f, ok := w.(*os.File); ok {
		if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err == nil {
			return &lineProgress{w: w, last: time.Now()}
		}
	}
	return &lineProgress{}
}

func (p *lineProgress) show(n int) {
	if p.w != nil && time.Since(p.last) > 200*time.Millisecond {
		p.last = time.Now()
		fmt.Fprintf(p.w, "\r%d pages", n)
	}
}

func (p *lineProgress) end() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\033[K")
	}
}

// printContext prints what a page is about, for people.
func printContext(w io.Writer, c *pagecontext.Context, files []pagecontext.RuleFile) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	line := func(cells ...any) {
		for i, cell := range cells {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, cell)
		}
		fmt.Fprintln(t)
	}
	language := c.Language
	if language == "" {
		language = "not recognised"
	}
	if c.URL != "" {
		line("page", c.URL)
	}
	line("title", c.Title)
	line("language", language)
	if !c.Known {
		line("known", "no: there is too little text, or no rules for its language; strict line items do not serve")
	}
	line("section", pagecontext.BroadSection(c))
	if c.Sensitive {
		line("newsroom", "sensitive")
	}
	if c.NoAds {
		line("newsroom", "no ads")
	}
	why := func(key string) string {
		var found []string
		for _, ev := range c.Evidence {
			if ev.Topic == key {
				found = append(found, fmt.Sprintf("%q in %s (%s)", ev.Words, ev.Where, ev.Rule))
			}
		}
		return strings.Join(found, ", ")
	}
	for _, topic := range c.Topics {
		line("topic", fmt.Sprintf("%s (%s), %.2f", topic.Name, topic.ID, topic.Confidence), why(topic.ID))
	}
	for i, r := range c.Risks {
		if r != pagecontext.RiskNone {
			key := pagecontext.SensitiveTopic(i).String()
			line("sensitive", key+", "+r.String(), why(key))
		}
	}
	versions := map[string]bool{}
	for _, f := range files {
		if f.Version != "" {
			versions[f.Version] = true
		}
	}
	newest := ""
	for v := range versions {
		newest = max(newest, v)
	}
	line("rules", fmt.Sprintf("%d files, newest of %s", len(files), newest))
	return t.Flush()
}
