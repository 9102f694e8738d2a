package web

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/mail"
	"net/smtp"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/placard/placard/reporting/report"
)

// Mail sends saved views on a schedule.
type Mail struct {
	// Schedules are what to send. It is called each minute, so that a changed file takes effect at once. Required.
	Schedules func() []Schedule
	// Server is the SMTP server, host:port. Required. It is used with STARTTLS where it offers that; without it only on this machine.
	Server string
	// From is the sender's address. Required.
	From string
	// Username and Password sign in to the server. "" for none.
	Username, Password string
	// BaseURL stands before the links in mails, such as https://ads.news.example. Required.
	BaseURL string
	// State is a file that remembers what was sent, so that a restart neither repeats nor loses a mail. Required.
	State string
	// TLS is how STARTTLS is spoken. nil: TLS 1.2 or later and the system's roots.
	TLS *tls.Config
}

// Schedule is one saved view that is sent regularly. The figures are those of its user, and nobody else's.
type Schedule struct {
	ID       string
	User     string   // name of the user whose figures they are
	View     string   // the view's address, such as /reports/northwind?range=7d
	To       []string // addresses
	Every    string   // day, week (on Mondays) or month (on the first)
	At       string   // 15:04 in the site's zone
	Language string   // en or ur; "" means en
}

// due is the last instant at or before now at which the schedule should send.
func (c *Schedule) due(now time.Time) (time.Time, error) {
	at, err := time.Parse("15:04", c.At)
	if err != nil {
		return time.Time{}, fmt.Errorf("at: %q is no time of day; write 07:00", c.At)
	}
	y, m, d := now.Date()
	t := time.Date(y, m, d, at.Hour(), at.Minute(), 0, 0, now.Location())
	back := func(days int) {
		t = time.Date(t.Year(), t.Month(), t.Day()-days, at.Hour(), at.Minute(), 0, 0, now.Location())
	}
	switch c.Every {
	case "day":
		if t.After(now) {
			back(1)
		}
	case "week":
		back(int(t.Weekday()+6) % 7)
		if t.After(now) {
			back(7)
		}
	case "month":
		t = time.Date(y, m, 1, at.Hour(), at.Minute(), 0, 0, now.Location())
		if t.After(now) {
			t = time.Date(y, m-1, 1, at.Hour(), at.Minute(), 0, 0, now.Location())
		}
	default:
		return time.Time{}, fmt.Errorf("every: %q is none of day, week and month", c.Every)
	}
	return t, nil
}

// RunMail sends what is due each minute until ctx ends. What fails is logged and tried again the next minute.
func (s *Site) RunMail(ctx context.Context, m Mail) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		if err := s.SendDue(ctx, m); err != nil {
			s.opts.Log.Error("send reports by mail", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// SendDue sends what is due now. A schedule that is new begins with its next instant. Each mail is sent once for each instant,
// unless the process dies between the server's answer and the note of it.
func (s *Site) SendDue(ctx context.Context, m Mail) error {
	sent, err := readSent(m.State)
	if err != nil {
		return err
	}
	now := s.opts.Now().In(s.opts.Zone)
	var errs []error
	for _, c := range m.Schedules() {
		due, err := c.due(now)
		if err != nil {
			errs = append(errs, fmt.Errorf("schedule %s: %w", c.ID, err))
			continue
		}
		last, known := sent[c.ID]
		if known && !last.Before(due) {
			continue
		}
		if known {
			if err := s.sendView(ctx, m, c); err != nil {
				errs = append(errs, fmt.Errorf("schedule %s: %w", c.ID, err))
				continue
			}
			s.opts.Log.Info("report sent by mail", "schedule", c.ID, "recipients", len(c.To))
		}
		sent[c.ID] = due
		if err := writeSent(m.State, sent); err != nil {
			return errors.Join(append(errs, err)...)
		}
	}
	return errors.Join(errs...)
}

func readSent(path string) (map[string]time.Time, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]time.Time{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what was mailed: %w", err)
	}
	sent := map[string]time.Time{}
	if err := json.Unmarshal(b, &sent); err != nil {
		return nil, fmt.Errorf("read what was mailed from %s: %w", path, err)
	}
	return sent, nil
}

func writeSent(path string, sent map[string]time.Time) error {
	b, err := json.Marshal(sent)
	if err != nil {
		return fmt.Errorf("note what was mailed: %w", err)
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return fmt.Errorf("note what was mailed: %w", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("note what was mailed: %w", err)
	}
	return nil
}

// sendView asks for the view as its user would, and mails figures and a spreadsheet.
func (s *Site) sendView(ctx context.Context, m Mail, c Schedule) error {
	u, ok := s.user(c.User)
	if !ok {
		return fmt.Errorf("there is no user %q", c.User)
	}
	address, err := url.Parse(c.View)
	if err != nil {
		return fmt.Errorf("view: %w", err)
	}
	id, ok := strings.CutPrefix(address.Path, "/reports/")
	adv, known := s.advertiser(id)
	if !ok || !known || !u.Ops && u.Advertiser != id {
		return fmt.Errorf("view: %q is no report of %s", c.View, c.User)
	}
	v, problem, detail := s.parseView(&http.Request{URL: address})
	if problem != "" {
		return fmt.Errorf("view: %s %s", problem, detail)
	}
	sp := s.speakers["en"]
	if l, ok := s.speakers[c.Language]; ok {
		sp = l
	}
	rows := v.query(report.OnlyTenant(id), report.Day, report.LineItem, report.Creative)
	rows.Limit = report.MaxLimit
	queries := []report.Query{rows}
	if from, to, ok := v.before(); ok {
		before := v.query(report.OnlyTenant(id))
		before.From, before.To = from, to
		queries = append(queries, before)
	}
	res, err := s.ask(ctx, queries)
	if err != nil {
		return err
	}
	var before *report.Sums
	if len(res) > 1 {
		before = &res[1].Totals
	}
	var body strings.Builder
	fmt.Fprintf(&body, "%s\n%s (%s)\n\n", adv.Name, sp.dates(v.from, v.to), v.zone)
	for _, h := range s.headlines(sp, v, res[0].Totals, before) {
		fmt.Fprintf(&body, "%s: %s", sp.name(string(h.Metric)), h.Value)
		if un := unit(h.Metric, s.opts.Currency); un != "" {
			body.WriteString(" " + un)
		}
		if h.Compare {
			body.WriteString("  (" + sp.change(h.Change) + ")")
		}
		body.WriteString("\n")
	}
	fmt.Fprintf(&body, "\n%s\n", strings.TrimSuffix(m.BaseURL, "/")+v.url())
	var sheet bytes.Buffer
	if err := res[0].Write(&sheet, "xlsx"); err != nil {
		return err
	}
	name := "placard-" + id + "-" + v.from.Format(time.DateOnly) + ".xlsx"
	return m.send(ctx, c.To, adv.Name+": "+sp.dates(v.from, v.to), body.String(), name, sheet.Bytes(), s.opts.Now())
}

// send mails one message to all recipients.
func (m *Mail) send(ctx context.Context, to []string, subject, text, attachment string, data []byte, now time.Time) error {
	from, err := mail.ParseAddress(m.From)
	if err != nil {
		return fmt.Errorf("from: %w", err)
	}
	var addresses, shown []string
	for _, t := range to {
		a, err := mail.ParseAddress(t)
		if err != nil {
			return fmt.Errorf("to: %q: %w", t, err)
		}
		addresses, shown = append(addresses, a.Address), append(shown, a.String())
	}
	if len(addresses) == 0 {
		return errors.New("to: nobody")
	}
	msg := compose(from.String(), shown, subject, text, attachment, data, now)
	host, _, err := net.SplitHostPort(m.Server)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	conn, err := (&net.Dialer{Timeout: 15 * time.Second}).DialContext(ctx, "tcp", m.Server)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // after Quit there is nothing to close
	if ok, _ := c.Extension("STARTTLS"); ok {
		conf := m.TLS.Clone()
		if conf == nil {
			conf = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		conf.ServerName = host
		if err := c.StartTLS(conf); err != nil {
			return fmt.Errorf("start TLS: %w", err)
		}
	} else if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("the server %s does not offer STARTTLS; reports are not sent in the clear", m.Server)
	}
	if m.Username != "" {
		if err := c.Auth(smtp.PlainAuth("", m.Username, m.Password, host)); err != nil {
			return fmt.Errorf("sign in: %w", err)
		}
	}
	if err := c.Mail(from.Address); err != nil {
		return err
	}
	for _, a := range addresses {
		if err := c.Rcpt(a); err != nil {
			return fmt.Errorf("recipient %s: %w", a, err)
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(msg); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

// compose writes a mail with a text and an attachment. Lines are wrapped, as base64, at 76 bytes (RFC 2045 section 6.8).
func compose(from string, to []string, subject, text, attachment string, data []byte, now time.Time) []byte {
	boundary := "placard-" + randomHex(12)
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	encoded := func(data []byte) {
		for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(data)), 76) {
			b.Write(line)
			b.WriteString("\r\n")
		}
	}
	header("From", from)
	header("To", strings.Join(to, ", "))
	header("Subject", mime.QEncoding.Encode("utf-8", strings.NewReplacer("\u00a0", " ").Replace(subject)))
	header("Date", now.Format(time.RFC1123Z))
	header("Message-ID", "<"+randomHex(16)+"@placard>")
	header("Auto-Submitted", "auto-generated")
	header("MIME-Version", "1.0")
	header("Content-Type", `multipart/mixed; boundary="`+boundary+`"`)
	b.WriteString("\r\n--" + boundary + "\r\n")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "base64")
	b.WriteString("\r\n")
	encoded([]byte(text))
	b.WriteString("--" + boundary + "\r\n")
	header("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	header("Content-Transfer-Encoding", "base64")
	header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": attachment}))
	b.WriteString("\r\n")
	encoded(data)
	b.WriteString("--" + boundary + "--\r\n")
	return b.Bytes()
}
