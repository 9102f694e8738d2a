package main

import (
	"fmt"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/creative"
)

type checkCmd struct {
	Config string `arg:"" default:"." help:"Directory or file of the configuration."`
	Strict bool   `help:"Fail on warnings too."`
}

// Help explains the command.
func (checkCmd) Help() string {
	return "Prints every problem as file:line:column: what is wrong, why, and what would be right. Exit status: 0 when a server would take the configuration, 1 when not."
}

func (c checkCmd) Run(e *env) error {
	cat, _, problems := catalog.Load(c.Config)
	if cat != nil {
		if _, err := creative.Compile(cat); err != nil {
			return err
		}
	}
	problems.Print(e.stdout)
	errs := problems.Errors()
	warnings := len(problems) - errs
	if errs > 0 {
		fmt.Fprintf(e.stderr, "%s, %s: a server would not take this configuration\n", count(errs, "error"), count(warnings, "warning"))
		return exitError(1)
	}
	if c.Strict && warnings > 0 {
		fmt.Fprintf(e.stderr, "%s, and --strict was asked for\n", count(warnings, "warning"))
		return exitError(1)
	}
	fmt.Fprintf(e.stdout, "ok: %s, revision %s", summary(cat), cat.Revision)
	if warnings > 0 {
		fmt.Fprintf(e.stdout, ", %s", count(warnings, "warning"))
	}
	fmt.Fprintln(e.stdout)
	return nil
}

// count writes a number with its word.
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
