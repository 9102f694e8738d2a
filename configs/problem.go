package configs

import (
	"cmp"
	"fmt"
	"io"
	"slices"
)

// Pos is a place in a file. Line and column count from 1; a zero line means the whole file.
type Pos struct {
	File      string
	Line, Col int
}

// String writes file:line:column.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Problem is one thing that is wrong, or that should be looked at.
type Problem struct {
	Pos     Pos
	Message string // what, why, and what to do
	Warning bool   // the configuration works all the same
}

// String writes the problem as one line.
func (p Problem) String() string {
	if p.Warning {
		return p.Pos.String() + ": warning: " + p.Message
	}
	return p.Pos.String() + ": " + p.Message
}

// Problems is everything that was found.
type Problems []Problem

// Errors counts the problems that are not warnings.
func (ps Problems) Errors() int {
	n := 0
	for _, p := range ps {
		if !p.Warning {
			n++
		}
	}
	return n
}

// Sort orders problems by place.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col), cmp.Compare(a.Message, b.Message))
	})
}

// Print writes one problem a line.
func (ps Problems) Print(w io.Writer) {
	for _, p := range ps {
		fmt.Fprintln(w, p)
	}
}

// Error makes Problems an error with a summary; the list is printed with Print.
func (ps Problems) Error() string {
	n := ps.Errors()
	if n == 1 {
		for _, p := range ps {
			if !p.Warning {
				return p.String()
			}
		}
	}
	for _, p := range ps {
		if !p.Warning {
			return fmt.Sprintf("%s (and %d more)", p, n-1)
		}
	}
	return "the configuration has no errors"
}
