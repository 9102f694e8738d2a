//go:build cgo

package web_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/web"
)

// postOffice is an SMTP server on a port of this machine (RFC 5321, as much as a client needs).
type postOffice struct {
	addr   string
	mu     sync.Mutex
	mails  []letter
	refuse bool // guarded by mu
}

type letter struct {
	from string
	to   []string
	data []byte
}

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{addr: ln.Addr().String()}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return p
}

func (p *postOffice) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	var l letter
	say := func(s string) { fmt.Fprintf(c, "%s\r\n", s) }
	say("220 post.example")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-post.example")
			say("250 AUTH PLAIN")
		case "AUTH":
			secret, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			if string(secret) != "\x00placard\x00sesame" {
				say("535 no")
				continue
			}
			say("235 welcome")
		case "MAIL":
			l = letter{from: rest}
			say("250 ok")
		case "RCPT":
			p.mu.Lock()
			refuse := p.refuse
			p.mu.Unlock()
			if refuse {
				say("451 try later")
				continue
			}
			l.to = append(l.to, rest)
			say("250 ok")
		case "DATA":
			say("354 go on")
			for {
				line, err := r.ReadBytes('\n')
				if err != nil {
					return
				}
				if string(line) == ".\r\n" {
					break
				}
				l.data = append(l.data, bytes.TrimPrefix(line, []byte("."))...)
			}
			p.mu.Lock()
			p.mails = append(p.mails, l)
			p.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (p *postOffice) take() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.mails
	p.mails = nil
	return out
}

func TestSavedViewsAreMailedOnceADay(t *testing.T) {
	f := newSite(t, nil)
	office := newPostOffice(t)
	schedules := []web.Schedule{{
		ID: "northwind-daily", User: "nadia", View: "/reports/northwind?range=yesterday&filter=country:PK", To: []string{"Nadia <nadia@example.com>", "books@example.com"}, Every: "day", At: "07:00",
	}}
	m := web.Mail{
		Schedules: func() []web.Schedule { return schedules }, Server: office.addr, From: "Placard <reports@news.example>", Username: "placard", Password: "sesame",
		BaseURL: "https://ads.news.example/", State: filepath.Join(t.TempDir(), "mailed.json"),
	}
	send := func() error { return f.site.SendDue(context.Background(), m) }
	if err := send(); err != nil || len(office.take()) != 0 {
		t.Fatalf("a new schedule does not wait for its time: %v", err)
	}
	f.clock.add(16*time.Hour + 27*time.Minute) // 06:59:05 in Karachi
	if err := send(); err != nil || len(office.take()) != 0 {
		t.Fatalf("before its time: %v", err)
	}
	f.clock.add(time.Minute)
	office.mu.Lock()
	office.refuse = true
	office.mu.Unlock()
	if err := send(); err == nil || !strings.Contains(err.Error(), "northwind-daily") || len(office.take()) != 0 {
		t.Errorf("the server refuses: %v", err)
	}
	office.mu.Lock()
	office.refuse = false
	office.mu.Unlock()
	for range 3 {
		if err := send(); err != nil {
			t.Fatal(err)
		}
	}
	got := office.take()
	if len(got) != 1 {
		t.Fatalf("%d mails", len(got))
	}
	l := got[0]
	if !strings.Contains(l.from, "<reports@news.example>") || len(l.to) != 2 || !strings.Contains(l.to[1], "<books@example.com>") {
		t.Errorf("from %s to %v", l.from, l.to)
	}
	msg, err := mail.ReadMessage(bytes.NewReader(l.data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil || subject != "Northwind Travel: Tue 24 Nov 2026" {
		t.Errorf("subject %q, %v", subject, err)
	}
	_, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	zone, _ := time.LoadLocation("Asia/Karachi")
	want := oracle(func(e *event.Event) bool {
		return e.Advertiser == "northwind" && e.Country == "PK" && time.UnixMicro(e.Time).In(zone).Format(time.DateOnly) == "2026-11-24"
	})
	parts := multipart.NewReader(msg.Body, params["boundary"])
	read := func() []byte {
		p, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	text := string(read())
	for _, w := range []string{fmt.Sprintf("Impressions: %d", want.Impressions), fmt.Sprintf("Clicks: %d", want.Clicks), "https://ads.news.example/reports/northwind?filter=country%3APK&range=yesterday"} {
		if !strings.Contains(text, w) {
			t.Errorf("the text lacks %q:\n%s", w, text)
		}
	}
	sheet, err := excelize.OpenReader(bytes.NewReader(read()))
	if err != nil {
		t.Fatal(err)
	}
	defer sheet.Close()
	rows, err := sheet.GetRows("Report")
	if err != nil || len(rows) < 3 || rows[len(rows)-1][0] != "total" {
		t.Errorf("the spreadsheet has %d rows, %v", len(rows), err)
	}
	f.clock.add(24 * time.Hour)
	if err := send(); err != nil || len(office.take()) != 1 {
		t.Errorf("the next day: %v", err)
	}
}

func TestMailShowsOnlyItsUsersFigures(t *testing.T) {
	f := newSite(t, withoutFigures)
	office := newPostOffice(t)
	for want, c := range map[string]web.Schedule{
		"is no report of":   {User: "nadia", View: "/reports/indus-bank", To: []string{"a@example.com"}, Every: "day", At: "07:00"},
		"no user":           {User: "nobody", View: "/reports/northwind", To: []string{"a@example.com"}, Every: "day", At: "07:00"},
		"cannot be read":    {User: "nadia", View: "/reports/northwind?filter=x", To: []string{"a@example.com"}, Every: "day", At: "07:00"},
		"to:":               {User: "nadia", View: "/reports/northwind", To: []string{"a@example.com\r\nBcc: b@example.com"}, Every: "day", At: "07:00"},
		"none of day, week": {User: "nadia", View: "/reports/northwind", Every: "hour", At: "07:00"},
		"is no time of day": {User: "nadia", View: "/reports/northwind", Every: "day", At: "7"},
	} {
		state := filepath.Join(t.TempDir(), "mailed.json")
		if err := os.WriteFile(state, []byte(`{"":"2026-01-01T00:00:00Z"}`), 0o600); err != nil {
			t.Fatal(err)
		}
		m := web.Mail{Schedules: func() []web.Schedule { return []web.Schedule{c} }, Server: office.addr, From: "reports@news.example", BaseURL: "https://x.example", State: state}
		if err := f.site.SendDue(context.Background(), m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if n := len(office.take()); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
}
