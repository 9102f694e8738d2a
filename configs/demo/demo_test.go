package demo_test

import (
	"os"
	"testing"

	"github.com/placard/placard/configs"
	"github.com/placard/placard/configs/demo"
)

// TestLoadsWithoutProblems loads the demo from the disk and from the binary: not even a warning is tolerated, and both are the same.
func TestLoadsWithoutProblems(t *testing.T) {
	cfg, problems := configs.Load(demo.Files(), "")
	for _, p := range problems {
		t.Error(p)
	}
	disk, problems := configs.Load(os.DirFS("."), "")
	for _, p := range problems {
		t.Error(p)
	}
	if cfg.Revision != disk.Revision {
		t.Errorf("the binary holds revision %s, the disk %s: a file is not embedded", cfg.Revision, disk.Revision)
	}
}
