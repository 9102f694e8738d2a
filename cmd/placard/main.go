// Command placard serves ads on news sites and reports what readers saw.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // a machine without a zone database still knows Karachi's midnight

	"github.com/alecthomas/kong"
)

// cli is the command line. Each command's own file has its flags.
type cli struct {
	Serve        serveCmd    `cmd:"" help:"Serve ads with a configuration."`
	Demo         demoCmd     `cmd:"" help:"Start everything with the demo newspaper, on embedded parts."`
	Check        checkCmd    `cmd:"" help:"Say what is wrong with a configuration, all of it at once."`
	Preview      previewCmd  `cmd:"" help:"Show the creatives of a campaign on one page, to approve them."`
	Report       reportCmd   `cmd:"" help:"Print a report."`
	Explain      explainCmd  `cmd:"" help:"Tell for a page and visitor why each line item serves or does not."`
	Classify     classifyCmd `cmd:"" help:"Tell what a page is about, and which words say so."`
	Store        storeCmd    `cmd:"" help:"Move history between stores."`
	NewToken     tokenCmd    `cmd:"" help:"Make a token for a program that uses the API."`
	HashPassword passwordCmd `cmd:"" help:"Make the hash of a password for users.yaml."`
	Version      versionCmd  `cmd:"" help:"Print the version."`
}

// env is what commands may touch of the outside.
type env struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
}

// exitError ends the program with a code and without another word.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(&env{ctx: ctx, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(code)
}

// run parses the command line and runs one command.
func run(e *env, args []string) int {
	var c cli
	parsed := false
	parser, err := kong.New(&c,
		kong.Name("placard"),
		kong.Description("An ad server for news sites. Campaigns are YAML files; start with: placard demo"),
		kong.WithHyphenPrefixedParameters(true), // --from -7d
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(e.stdout, e.stderr),
		kong.Exit(func(int) { parsed = true }),
		kong.Vars{"version": version()},
	)
	if err != nil {
		fmt.Fprintln(e.stderr, "placard:", err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if parsed {
		return 0 // help was printed
	}
	if err != nil {
		fmt.Fprintf(e.stderr, "placard: %v (placard --help lists the commands)\n", err)
		return 2
	}
	if err := k.Run(e); err != nil {
		var code exitError
		if errors.As(err, &code) {
			return int(code)
		}
		fmt.Fprintln(e.stderr, "placard:", err)
		return 1
	}
	return 0
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v, rev, dirty := info.Main.Version, "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			rev = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "+changes"
			}
		}
	}
	if v == "" || v == "(devel)" {
		v = "devel"
	}
	if len(rev) > 12 {
		v += " " + rev[:12] + dirty
	}
	return v
}

type versionCmd struct{}

func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.stdout, "placard", version())
	return err
}
