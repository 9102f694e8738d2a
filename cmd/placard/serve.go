package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/pprof"
	"time"

	"github.com/placard/placard/configs"
)

type serveCmd struct {
	Config string `required:"" placeholder:"PATH" help:"Directory or file of the configuration."`
	Listen string `placeholder:"HOST:PORT" help:"Address to listen on, instead of the configuration's."`
	Data   string `placeholder:"DIR" help:"Data directory, instead of the configuration's."`

	PublicURL  *string `placeholder:"URL" help:"What readers' browsers put before event URLs, instead of the configuration's; empty for paths."`
	CPUProfile string  `name:"cpu-profile" placeholder:"FILE" help:"Write a CPU profile of the whole run."`
}

// drainTime is how long requests under way may take at the end: a load balancer's own patience is about as long.
const drainTime = 20 * time.Second

func (c serveCmd) Run(e *env) error {
	log := slog.New(slog.NewTextHandler(e.stderr, nil))
	if c.CPUProfile != "" {
		f, err := os.Create(c.CPUProfile)
		if err != nil {
			return fmt.Errorf("write CPU profile: %w", err)
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return fmt.Errorf("write CPU profile: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	s, err := startServer(e.ctx, serverOptions{Config: c.Config, Listen: c.Listen, Data: c.Data, PublicURL: c.PublicURL, Log: log})
	if err != nil {
		return startError(e, err)
	}
	log.Info("serving", "config", c.Config, "revision", s.engine.Revision(), "store", s.storeFor)
	fmt.Fprintln(e.stdout, "listening on", s.Addr())
	s.untilDone(e)
	log.Info("drained")
	return nil
}

// untilDone serves until the process is told to end, then drains.
func (s *server) untilDone(e *env) {
	<-e.ctx.Done()
	s.drain(drainTime)
}

// startError prints what is wrong with a configuration, if that is why a server did not start.
func startError(e *env, err error) error {
	var problems configs.Problems
	if errors.As(err, &problems) {
		problems.Print(e.stderr)
		if n := problems.Errors(); n > 1 {
			fmt.Fprintf(e.stderr, "placard: the configuration has %d errors\n", n)
		}
		return exitError(1)
	}
	return err
}
