package configs

import (
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/placard/placard/targeting/pagecontext"
)

// rules finds the rule files of page context (*.rules), anywhere below the root, and checks them together with those
// that ship.
func (l *loader) rules(sum hash.Hash) {
	found := false
	err := fs.WalkDir(l.fs, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if p != "." && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() || path.Ext(p) != ".rules" {
			return nil
		}
		found = true
		b, err := fs.ReadFile(l.fs, p)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", p, len(b))
		_, _ = sum.Write(b) // never fails
		return nil
	})
	if err != nil {
		l.problems = append(l.problems, Problem{Pos: Pos{File: "."}, Message: "the rule files cannot be read: " + err.Error()})
		return
	}
	if !found {
		return
	}
	l.cfg.Rules = l.fs
	if _, err := pagecontext.NewClassifier(pagecontext.Options{Rules: l.fs}); err != nil {
		l.ruleProblems(err)
	}
}

// ruleProblems lists the errors that err joins.
func (l *loader) ruleProblems(err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			l.ruleProblems(e)
		}
		return
	}
	p := Problem{Pos: Pos{File: "."}, Message: err.Error()}
	var re *pagecontext.RuleError
	if errors.As(err, &re) {
		p.Message = re.What
		file, line, _ := strings.Cut(re.Where, ":")
		p.Pos.File = file
		if n, err := strconv.Atoi(line); err == nil {
			p.Pos.Line, p.Pos.Col = n, 1
		}
	}
	l.problems = append(l.problems, p)
}

// pushTokens reads the hashes of the tokens that a newsroom's system pushes pages with.
func (l *loader) pushTokens(r *reader, n *yaml.Node) [][32]byte {
	var out [][32]byte
	for _, c := range r.list(n) {
		s := r.str(c, "push_tokens")
		digits, ok := strings.CutPrefix(s, "sha256:")
		b, err := hex.DecodeString(digits)
		if !ok || err != nil || len(b) != 32 {
			r.errorf(c, "a push token is written as its hash, sha256: and 64 hex digits; make one with: openssl rand -hex 32, and its hash with: printf %%s TOKEN | sha256sum")
			continue
		}
		out = append(out, [32]byte(b))
	}
	return out
}
