package configs

import (
	"net"
	"net/mail"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Mail is how saved views are sent.
type Mail struct {
	Server       string // host:port of the SMTP server
	From         string
	Username     string
	PasswordFile string
}

// Schedule is a saved view that is mailed regularly.
type Schedule struct {
	Pos      Pos
	ID       string
	User     string
	View     string
	To       []string
	Every    string // day, week or month
	At       string // 15:04 in the first site's zone
	Language string
}

func (l *loader) mail(r *reader, n *yaml.Node) {
	m := r.mapping(n, "mail")
	c := &Mail{Server: m.required("server"), From: m.required("from"), Username: m.str("username", ""), PasswordFile: m.str("password_file", "")}
	if _, _, err := net.SplitHostPort(c.Server); c.Server != "" && err != nil {
		r.errorf(m.known["server"], "server must be host:port of an SMTP server, not %q", cut(c.Server))
	}
	if _, err := mail.ParseAddress(c.From); c.From != "" && err != nil {
		r.errorf(m.known["from"], "from must be an address such as reports@news.example, not %q", cut(c.From))
	}
	if (c.Username == "") != (c.PasswordFile == "") {
		r.errorf(n, "username and password_file go together")
	}
	m.done()
	l.cfg.Server.Mail = c
}

var intervals = []string{"day", "week", "month"}

func (l *loader) schedules(d document) {
	top := d.r.mapping(d.node, "the file")
	list := d.r.items(top.get("schedules"), "schedules")
	for _, k := range []string{"server", "users", "tokens", "targets"} {
		top.get(k)
	}
	top.done()
	for _, n := range list {
		m := d.r.mapping(n, "a schedule")
		s := Schedule{
			Pos: d.r.pos(n), ID: m.id("id"), User: m.required("user"), View: m.required("view"), To: d.r.strs(m.get("to"), "to"),
			Every: m.oneOf("every", intervals, "week"), At: m.str("at", "07:00"), Language: m.oneOf("language", []string{"en", "ur"}, "en"),
		}
		m.done()
		if _, err := time.Parse("15:04", s.At); err != nil {
			d.r.errorf(m.known["at"], "at must be a time of day such as 07:00, not %q", cut(s.At))
		}
		if s.View != "" && !strings.HasPrefix(s.View, "/reports/") {
			d.r.errorf(m.known["view"], "view must be a report's address as the browser shows it, from /reports/ on, not %q", cut(s.View))
		}
		if len(s.To) == 0 {
			d.r.errorf(n, "the schedule %q needs to: the addresses it is sent to", cut(s.ID))
		}
		for i, a := range s.To {
			if _, err := mail.ParseAddress(a); err != nil {
				d.r.errorf(d.r.list(m.get("to"))[i], "%q is no mail address", cut(a))
			}
		}
		if s.User != "" && !slices.ContainsFunc(l.cfg.Users, func(u User) bool { return u.Name == s.User }) {
			names := make([]string, 0, len(l.cfg.Users))
			for _, u := range l.cfg.Users {
				names = append(names, u.Name)
			}
			d.r.errorf(m.known["user"], "there is no user %q%s", cut(s.User), nearest(s.User, names))
		}
		if l.unique(d.r, n, "schedule", s.ID, "") {
			l.cfg.Schedules = append(l.cfg.Schedules, s)
		}
	}
	if len(list) > 0 && l.cfg.Server.Mail == nil {
		d.r.errorf(top.known["schedules"], "schedules need server.mail: the SMTP server that sends them")
	}
	if len(list) > 0 && l.cfg.Server.PublicURL == "" {
		d.r.errorf(top.known["schedules"], "schedules need server.public_url: what stands before the links in mails")
	}
}
