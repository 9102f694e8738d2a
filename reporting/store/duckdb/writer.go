//go:build cgo

package duckdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
	"unsafe"

	duck "github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/store"
)

// writer is a connection that fills DuckDB's vectors directly. database/sql takes a value at a time, each boxed, which is
// five times slower (BenchmarkAppend). It belongs to one goroutine at a time.
type writer struct {
	db    mapping.Database
	conn  mapping.Connection
	types []mapping.LogicalType
	chunk mapping.DataChunk
	texts []textColumn
}

// newWriter connects to a database that this process has open.
func newWriter(path string) (*writer, error) {
	w := &writer{}
	var config mapping.Config
	if mapping.CreateConfig(&config) == mapping.StateError {
		return nil, errors.New("connect: no configuration")
	}
	defer mapping.DestroyConfig(&config)
	// As the first connection was opened: DuckDB refuses a second one that differs.
	if mapping.SetConfig(config, "duckdb_api", "go") == mapping.StateError {
		return nil, errors.New("connect: no configuration")
	}
	var why string
	if mapping.GetOrCreateFromCache(duck.GetInstanceCache(), path, &w.db, config, &why) == mapping.StateError {
		return nil, fmt.Errorf("connect: %s", why)
	}
	if mapping.Connect(w.db, &w.conn) == mapping.StateError {
		mapping.Close(&w.db)
		return nil, errors.New("connect: refused")
	}
	ids := map[string]mapping.Type{
		"VARCHAR": mapping.TypeVarchar, "UBIGINT": mapping.TypeUBigInt, "BIGINT": mapping.TypeBigInt, "UTINYINT": mapping.TypeUTinyInt,
		"USMALLINT": mapping.TypeUSmallInt, "BOOLEAN": mapping.TypeBoolean,
	}
	for _, c := range columns() {
		w.types = append(w.types, mapping.CreateLogicalType(ids[c[1]]))
	}
	w.chunk = mapping.CreateDataChunk(w.types)
	w.texts = make([]textColumn, 1+len(store.TextColumns()))
	return w, nil
}

func (w *writer) close() {
	mapping.DestroyDataChunk(&w.chunk)
	for i := range w.types {
		mapping.DestroyLogicalType(&w.types[i])
	}
	mapping.Disconnect(&w.conn)
	mapping.Close(&w.db)
}

// exec runs a statement.
func (w *writer) exec(stmt string) error {
	var res mapping.Result
	state := mapping.Query(w.conn, stmt, &res)
	defer mapping.DestroyResult(&res)
	if state == mapping.StateError {
		return errors.New(mapping.ResultError(&res))
	}
	return nil
}

// add appends events to the table, within the transaction that exec began.
func (w *writer) add(journal string, from uint64, events []event.Event) (err error) {
	var a mapping.Appender
	if mapping.AppenderCreateExt(w.conn, "", "main", "events", &a) == mapping.StateError {
		err := errors.New(mapping.AppenderError(a))
		mapping.AppenderDestroy(&a)
		return err
	}
	defer func() {
		if mapping.AppenderDestroy(&a) == mapping.StateError && err == nil {
			err = errors.New("the appender does not close")
		}
	}()
	size := int(mapping.VectorSize())
	for len(events) > 0 {
		n := min(size, len(events))
		mapping.DataChunkReset(w.chunk)
		w.fill(journal, from, events[:n])
		mapping.DataChunkSetSize(w.chunk, mapping.IdxT(n))
		if mapping.AppendDataChunk(a, w.chunk) == mapping.StateError {
			return errors.New(mapping.AppenderError(a))
		}
		events, from = events[n:], from+uint64(n)
	}
	if mapping.AppenderFlush(a) == mapping.StateError {
		return errors.New(mapping.AppenderError(a))
	}
	return nil
}

// fill writes the chunk's vectors in the order of columns.
func (w *writer) fill(journal string, from uint64, events []event.Event) {
	at := 0
	vector := func() mapping.Vector {
		at++
		return mapping.DataChunkGetVector(w.chunk, mapping.IdxT(at-1))
	}
	w.texts[0].fill(vector(), events, func(*event.Event) string { return journal })
	seqs := data[uint64](vector(), len(events))
	for i := range seqs {
		seqs[i] = from + uint64(i)
	}
	fill(vector(), events, func(e *event.Event) int64 { return e.Time })
	fill(vector(), events, func(e *event.Event) uint8 { return uint8(e.Kind) })
	fill(vector(), events, func(e *event.Event) uint64 { return binary.BigEndian.Uint64(e.Request[:8]) })
	fill(vector(), events, func(e *event.Event) uint64 { return binary.BigEndian.Uint64(e.Request[8:]) })
	fill(vector(), events, func(e *event.Event) uint8 { return e.Slot })
	for i, c := range store.TextColumns() {
		w.texts[1+i].fill(vector(), events, c.Text)
	}
	fill(vector(), events, func(e *event.Event) uint16 { return e.Width })
	fill(vector(), events, func(e *event.Event) uint16 { return e.Height })
	fill(vector(), events, func(e *event.Event) int64 { return e.Price })
	fill(vector(), events, func(e *event.Event) int64 { return e.Charge })
	fill(vector(), events, func(e *event.Event) uint64 { return e.Visitor })
	fill(vector(), events, func(e *event.Event) bool { return e.Synthetic })
}

// data is the memory of a vector of n values.
func data[T any](v mapping.Vector, n int) []T { return unsafe.Slice((*T)(mapping.VectorGetData(v)), n) }

func fill[T any](v mapping.Vector, events []event.Event, value func(*event.Event) T) {
	dst := data[T](v, len(events))
	for i := range events {
		dst[i] = value(&events[i])
	}
}

// entry is a duckdb_string_t: four bytes of length, then up to twelve bytes of text, or four bytes of it and a pointer to all of it
// in the vector's own memory.
type entry [16]byte

const maxInline = 12

// textColumn writes texts, of which there are few different ones: each is given to DuckDB once per chunk.
type textColumn struct {
	last  string
	known entry // of last
	long  map[string]entry
}

func (c *textColumn) fill(v mapping.Vector, events []event.Event, text func(*event.Event) string) {
	dst := data[entry](v, len(events))
	clear(c.long) // they point into the chunk before
	c.last, c.known = "", entry{}
	for i := range events {
		s := text(&events[i])
		if s != c.last {
			c.last, c.known = s, c.entry(v, i, dst, s)
		}
		dst[i] = c.known
	}
}

// entry makes the value of row i.
func (c *textColumn) entry(v mapping.Vector, i int, dst []entry, s string) (e entry) {
	if len(s) > maxInline {
		if e, ok := c.long[s]; ok {
			return e
		}
	}
	valid := s
	if !utf8.ValidString(s) {
		valid = strings.ToValidUTF8(s, "\ufffd") // DuckDB takes nothing else
	}
	if len(valid) <= maxInline {
		binary.LittleEndian.PutUint32(e[:4], uint32(len(valid)))
		copy(e[4:], valid)
		return e
	}
	mapping.VectorAssignStringElementLen(v, mapping.IdxT(i), unsafe.Slice(unsafe.StringData(valid), len(valid)))
	if c.long == nil {
		c.long = map[string]entry{}
	}
	c.long[s] = dst[i]
	return dst[i]
}
