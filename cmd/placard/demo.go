package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/placard/placard/cmd/placard/paper"
	"github.com/placard/placard/configs"
	"github.com/placard/placard/configs/demo"
)

type demoCmd struct {
	Listen  string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to listen on."`
	Data    string `default:"placard-demo" placeholder:"DIR" help:"Data directory."`
	History days   `default:"14d" help:"Days of synthetic past, 0 for none, at most 90d."`
	Traffic rate   `default:"0" placeholder:"N/s" help:"Page views a second by simulated readers, such as 20/s."`
	Config  string `placeholder:"DIR" help:"Configuration, instead of the demo's own."`
}

// days is a flag such as 14d.
type days time.Duration

// UnmarshalText reads the flag.
func (d *days) UnmarshalText(b []byte) error {
	n, err := strconv.ParseUint(strings.TrimSuffix(string(b), "d"), 10, 16)
	if err != nil || time.Duration(n)*24*time.Hour > maxHistory {
		return errors.New("write days like 14d, at most 90d, or 0 for none")
	}
	*d = days(time.Duration(n) * 24 * time.Hour)
	return nil
}

// rate is a flag such as 20/s.
type rate float64

// UnmarshalText reads the flag.
func (r *rate) UnmarshalText(b []byte) error {
	n, err := strconv.ParseFloat(strings.TrimSuffix(string(b), "/s"), 64)
	if err != nil || math.IsNaN(n) || n < 0 || n > 10_000 {
		return errors.New("write a rate like 20/s, at most 10000/s, or 0 for none")
	}
	*r = rate(n)
	return nil
}

// Help explains the command.
func (demoCmd) Help() string {
	return "Everything stays on this machine and in the data directory. Start it again with the same directory and it goes on where it stopped."
}

// linkLife is how long the ready links sign somebody in: a demo is looked at today.
const linkLife = 24 * time.Hour

func (c demoCmd) Run(e *env) error {
	log := slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	terminal := false
	if f, ok := e.stderr.(*os.File); ok {
		terminal = term.IsTerminal(int(f.Fd()))
	}
	s, err := c.start(e, log, terminal)
	if err != nil {
		return startError(e, err)
	}
	if err := c.print(e, s); err != nil {
		s.drain(drainTime)
		return err
	}
	if c.Traffic > 0 {
		s.wg.Go(func() {
			newReaders(s.engine, uint64(s.opts.Now().UnixNano())).run(e.ctx, float64(c.Traffic), func(err error) {
				log.Warn("a simulated reader could not read", "error", err)
			})
		})
	}
	s.untilDone(e)
	fmt.Fprintln(e.stdout, "\nDrained. Start it again to go on where it stopped.")
	return nil
}

// start brings the demo up.
func (c demoCmd) start(e *env, log *slog.Logger, terminal bool) (*server, error) {
	if err := os.MkdirAll(c.Data, 0o750); err != nil {
		return nil, fmt.Errorf("the data directory %s cannot be made: %w; choose another with --data", c.Data, plainError(err))
	}
	config, err := c.config()
	if err != nil {
		return nil, err
	}
	public := "" // event URLs are paths: the paper and the ad server are one host
	return startServer(e.ctx, serverOptions{
		Config: config, Listen: c.Listen, Data: c.Data, PublicURL: &public, LoopbackCountry: "PK", LoopbackHeadless: true, Log: log,
		Pages: map[string]http.Handler{"/": paper.New(paper.Options{})},
		BeforeServing: func(ctx context.Context, s *server) error {
			if c.History == 0 {
				return nil
			}
			return seedHistory(ctx, s, c.Data, time.Duration(c.History), e.stderr, terminal)
		},
	})
}

// config is the directory of the demo's configuration: the one in this source tree, which invites to be edited, or a copy beside the data.
func (c demoCmd) config() (string, error) {
	if c.Config != "" {
		return c.Config, nil
	}
	const inTree = "configs/demo"
	if _, err := os.Stat(filepath.Join(inTree, "server.yaml")); err == nil {
		return inTree, nil
	}
	dir := filepath.Join(c.Data, "demo-config")
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	tmp := dir + ".new"
	if err := os.RemoveAll(tmp); err != nil {
		return "", fmt.Errorf("unpack the demo's configuration: %w", err)
	}
	if err := os.CopyFS(tmp, demo.Files()); err != nil {
		return "", fmt.Errorf("unpack the demo's configuration: %w", err)
	}
	if err := os.Rename(tmp, dir); err != nil {
		return "", fmt.Errorf("unpack the demo's configuration: %w", err)
	}
	return dir, nil
}

// print tells where to look.
func (c demoCmd) print(e *env, s *server) error {
	base := "http://" + browserAddr(s.Addr())
	until := s.opts.Now().Add(linkLife)
	fmt.Fprintf(e.stdout, "\n  The Daily Placard   %s/\n", base)
	if u, ok := s.firstUser(func(u configs.User) bool { return u.Advertiser == "northwind" }); ok {
		link, err := s.site.Link(u.Name, "/reports/"+u.Advertiser, until)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "  Advertiser's report %s%s\n", base, link)
	}
	if u, ok := s.firstUser(func(u configs.User) bool { return u.Ops }); ok {
		link, err := s.site.Link(u.Name, "/ops", until)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "  Ops room            %s%s\n", base, link)
	}
	fmt.Fprintf(e.stdout, "  Metrics             %s/metrics\n\n", base)
	fmt.Fprintf(e.stdout, "  Configuration: %s (edit it: changes are taken by themselves). Data: %s.\n", s.opts.Config, c.Data)
	if c.History > 0 {
		fmt.Fprintf(e.stdout, "  The past %d days in reports are synthetic and labelled so. Stop with Ctrl-C.\n", int(time.Duration(c.History).Hours()/24))
	} else {
		fmt.Fprintln(e.stdout, "  Stop with Ctrl-C.")
	}
	return nil
}

// browserAddr is the address as a browser on this machine finds it. The demo's site is localhost.
func browserAddr(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
