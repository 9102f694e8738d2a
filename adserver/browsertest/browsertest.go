//go:build browser

package browsertest

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

//go:embed driver.mjs
var driver []byte

// Result is what one scenario came to.
type Result struct {
	Name  string
	Error string          // "" if it went well
	Data  json.RawMessage // what the scenario returned
	// Millis is how long it took.
	Millis int
}

// modules finds the directory that holds playwright-core.
func modules(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		m := filepath.Join(dir, ".cache", "npm", "node_modules")
		if _, err := os.Stat(filepath.Join(m, "playwright-core", "package.json")); err == nil {
			return m
		}
	}
	t.Fatal("playwright-core is not installed: run make deps")
	return ""
}

// Run runs the scenarios of a file with the given settings, each as a subtest, and returns what they returned by name.
func Run(t *testing.T, file string, settings any) map[string]json.RawMessage {
	t.Helper()
	abs, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	main := filepath.Join(t.TempDir(), "driver.mjs")
	if err := os.WriteFile(main, driver, 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", main, abs)
	cmd.Env = append(os.Environ(), "NODE_MODULES="+modules(t), "SETTINGS="+string(in), "ONLY="+os.Getenv("PLACARD_SCENARIO"))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start node: %v; make deps installs what the browser tests need", err)
	}
	data := map[string]json.RawMessage{}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r Result
		if json.Unmarshal(lines.Bytes(), &r) != nil || r.Name == "" {
			t.Log(lines.Text())
			continue
		}
		data[r.Name] = r.Data
		t.Run(strings.ReplaceAll(r.Name, " ", "_"), func(t *testing.T) {
			t.Logf("%d ms", r.Millis)
			if r.Error != "" {
				t.Error(r.Error)
			}
		})
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.String())
	}
	if len(data) == 0 {
		t.Fatal("no scenario ran")
	}
	return data
}
