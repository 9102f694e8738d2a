package main

import (
	"fmt"

	"github.com/placard/placard/reporting/web"
)

type tokenCmd struct{}

// Help explains the command.
func (tokenCmd) Help() string {
	return "Prints a secret for a program that uses the API, and what goes into the configuration: only its hash."
}

func (tokenCmd) Run(e *env) error {
	secret, hash := web.NewToken()
	_, err := fmt.Fprintf(e.stdout, `Give the program this, and keep no copy:

  %s

Put this into a file of the configuration, with one of advertiser, site and role: ops:

tokens:
  - {id: name-it, advertiser: its-id, hash: %s, expires: 2027-12-31}
`, secret, hash)
	return err
}
