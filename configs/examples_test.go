package configs

import (
	"os"
	"path/filepath"
	"testing"
)

// TestExamples loads every example that ships: not even a warning.
func TestExamples(t *testing.T) {
	dirs, err := filepath.Glob("examples/*")
	if err != nil || len(dirs) < 2 {
		t.Fatalf("%d examples (%v)", len(dirs), err)
	}
	for _, dir := range dirs {
		cfg, problems := Load(os.DirFS(dir), "")
		for _, p := range problems {
			t.Errorf("%s: %s", dir, p)
		}
		if len(cfg.Sites) == 0 || len(cfg.Advertisers) == 0 {
			t.Errorf("%s has %d sites and %d advertisers", dir, len(cfg.Sites), len(cfg.Advertisers))
		}
	}
}
