package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/placard/placard/configs"
	"github.com/placard/placard/reporting/web"
)

// mailer is how saved views are sent, nil if the configuration says nothing of it.
func (s *server) mailer(sc configs.Server) (*web.Mail, error) {
	if sc.Mail == nil {
		return nil, nil
	}
	m := &web.Mail{
		Schedules: s.schedules, Server: sc.Mail.Server, From: sc.Mail.From, Username: sc.Mail.Username, BaseURL: sc.PublicURL,
		State: filepath.Join(sc.Data, "mailed.json"),
	}
	if sc.Mail.PasswordFile != "" {
		b, err := os.ReadFile(sc.Mail.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("read the mail server's password: %w", err)
		}
		m.Password = strings.TrimSpace(string(b))
	}
	return m, nil
}

// schedules are the views that are mailed now.
func (s *server) schedules() []web.Schedule {
	cfg := s.cfg.Load()
	out := make([]web.Schedule, len(cfg.Schedules))
	for i, c := range cfg.Schedules {
		out[i] = web.Schedule{ID: c.ID, User: c.User, View: c.View, To: c.To, Every: c.Every, At: c.At, Language: c.Language}
	}
	return out
}

// mail sends what is due until ctx ends.
func (s *server) mail(ctx context.Context) {
	if s.mails != nil {
		s.site.RunMail(ctx, *s.mails)
	}
}
