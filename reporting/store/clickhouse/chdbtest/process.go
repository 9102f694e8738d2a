//go:build engine

package chdbtest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// role is the variable that makes a program an engine; it holds the database directory.
const role = "PLACARD_CHDBTEST_DIR"

// Main turns the program into an engine if [Start] started it as one, and then does not return. Programs that start engines
// call it before anything else.
func Main() {
	dir := os.Getenv(role)
	if dir == "" {
		return
	}
	if err := serve(dir); err != nil {
		fmt.Fprintln(os.Stderr, "chdbtest:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve runs the engine until its standard input ends, which is when the program that started it does.
func serve(dir string) error {
	lib, err := findLibrary()
	if err != nil {
		return err
	}
	e, err := openEngine(lib, dir)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		srv := &http.Server{Handler: &handler{e: e}, ReadHeaderTimeout: 10 * time.Second}
		fmt.Fprintln(os.Stderr, "chdbtest:", srv.Serve(ln))
		os.Exit(1)
	}()
	fmt.Println(ln.Addr())
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // whatever comes, it is the end
	return nil
}

// Server is a running engine.
type Server struct {
	// Addr is host:port of its HTTP interface.
	Addr string

	cmd   *exec.Cmd
	stdin interface{ Close() error }
}

// Start starts an engine on a database directory, which must exist and be nobody else's.
func Start(dir string) (*Server, error) {
	if os.Getenv(role) != "" {
		return nil, errors.New("start engine: the program does not call chdbtest.Main first")
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), role+"="+dir)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("start engine: it ended at once: %w", errors.Join(err, cmd.Wait()))
	}
	return &Server{Addr: strings.TrimSpace(line), cmd: cmd, stdin: stdin}, nil
}

// Pid is the engine's process, for those who measure it.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Kill ends the engine as a crash would.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // says that it was killed
}

// Stop ends the engine.
func (s *Server) Stop() {
	_ = s.stdin.Close()
	_ = s.cmd.Wait() // the directory is thrown away
}
