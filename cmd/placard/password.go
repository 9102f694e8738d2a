package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/placard/placard/reporting/web"
)

type passwordCmd struct{}

// Help explains the command.
func (passwordCmd) Help() string {
	return "Reads one line from standard input, so that the password stands in no history and no process list."
}

func (passwordCmd) Run(e *env) error {
	fmt.Fprintln(e.stderr, "Type the password, then Enter:")
	line, err := bufio.NewReader(e.stdin).ReadString('\n')
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		if err != nil {
			return fmt.Errorf("read password: %w", err)
		}
		return errors.New("read password: it is empty")
	}
	fmt.Fprintln(e.stdout, web.HashPassword(password))
	return nil
}
