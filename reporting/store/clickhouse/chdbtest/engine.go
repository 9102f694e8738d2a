//go:build engine

package chdbtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is where `make deps` puts the engine, below the root of the repository.
const library = ".cache/npm/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so"

// findLibrary looks for the library in this directory and those above it.
func findLibrary() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, library)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("the ClickHouse engine is not there: run make deps, which fetches " + library)
		}
		dir = up
	}
}

// engine is a loaded library with one connection. It is not safe for concurrent use.
type engine struct {
	conn uintptr

	query         func(conn uintptr, query *byte, n uintptr, format *byte, m uintptr) uintptr
	buffer        func(result uintptr) unsafe.Pointer
	length        func(result uintptr) uintptr
	failure       func(result uintptr) unsafe.Pointer
	destroy       func(result uintptr)
	insert        func(conn uintptr, query *byte, n uintptr, format *byte, m uintptr) uintptr
	insertAppend  func(stream uintptr, data *byte, n uintptr) int32
	insertDone    func(stream uintptr) uintptr
	insertCancel  func(stream uintptr)
	insertFailure func(stream uintptr) unsafe.Pointer
	insertDestroy func(stream uintptr)
}

// openEngine loads the library and opens a database directory.
func openEngine(lib, dir string) (*engine, error) {
	h, err := purego.Dlopen(lib, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, err
	}
	e := &engine{}
	for name, fn := range map[string]any{
		"chdb_query_n": &e.query, "chdb_result_buffer": &e.buffer, "chdb_result_length": &e.length, "chdb_result_error": &e.failure,
		"chdb_destroy_query_result": &e.destroy, "chdb_stream_insert_n": &e.insert, "chdb_stream_append": &e.insertAppend,
		"chdb_stream_done": &e.insertDone, "chdb_stream_cancel_insert": &e.insertCancel, "chdb_stream_insert_error": &e.insertFailure,
		"chdb_destroy_insert_stream": &e.insertDestroy,
	} {
		purego.RegisterLibFunc(fn, h, name)
	}
	var connect func(argc int32, argv **byte) *uintptr
	purego.RegisterLibFunc(&connect, h, "chdb_connect")
	// The engine's handlers would catch the signals that Go's scheduler uses.
	var handlers func(on int32)
	purego.RegisterLibFunc(&handlers, h, "chdb_set_signal_handlers_enabled")
	handlers(0)
	args := []*byte{cString("clickhouse"), cString("--path=" + dir)}
	conn := connect(int32(len(args)), &args[0])
	runtime.KeepAlive(args)
	if conn == nil || *conn == 0 {
		return nil, fmt.Errorf("the engine does not open %s", dir)
	}
	e.conn = *conn
	return e, nil
}

func cString(s string) *byte { return &append([]byte(s), 0)[0] }

func first(b []byte) *byte {
	if len(b) == 0 {
		return nil
	}
	return &b[0]
}

// exception is what the engine says when a statement fails: "Code: 60. DB::Exception: …".
type exception string

func (e exception) Error() string { return string(e) }

// text reads a C string, "" for a null pointer.
func text(p unsafe.Pointer) string {
	if p == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(p, n)) != 0 {
		n++
	}
	return strings.Clone(unsafe.String((*byte)(p), n))
}

// result copies what a result holds, and frees it.
func (e *engine) result(r uintptr) ([]byte, error) {
	if r == 0 {
		return nil, errors.New("the engine gave no result")
	}
	defer e.destroy(r)
	if msg := text(e.failure(r)); msg != "" {
		return nil, exception(msg)
	}
	n := e.length(r)
	if n == 0 {
		return nil, nil
	}
	return append([]byte(nil), unsafe.Slice((*byte)(e.buffer(r)), n)...), nil
}

// exec runs a statement; what it returns is in the given format.
func (e *engine) exec(query, format string) ([]byte, error) {
	q, f := []byte(query), []byte(format)
	return e.result(e.query(e.conn, first(q), uintptr(len(q)), first(f), uintptr(len(f))))
}

// load runs an insert whose rows are given in the format Native.
func (e *engine) load(query string, rows []byte) error {
	q, f := []byte(query), []byte("Native")
	s := e.insert(e.conn, first(q), uintptr(len(q)), first(f), uintptr(len(f)))
	if s == 0 {
		return errors.New("the engine does not begin the insert")
	}
	defer e.insertDestroy(s)
	if msg := text(e.insertFailure(s)); msg != "" {
		return exception(msg)
	}
	if len(rows) > 0 && e.insertAppend(s, first(rows), uintptr(len(rows))) != 0 {
		msg := text(e.insertFailure(s))
		e.insertCancel(s)
		return exception(msg)
	}
	_, err := e.result(e.insertDone(s))
	return err
}
