//go:build engine

package chdbtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/ClickHouse/ch-go/compress"
	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// handler is the part of ClickHouse's HTTP interface that clickhouse-go uses.
type handler struct {
	mu sync.Mutex
	e  *engine
}

// notSettings are parameters of a request that are no settings of the statement.
var notSettings = map[string]bool{
	"query": true, "database": true, "default_format": true, "client_protocol_version": true, "compress": true, "decompress": true, "query_id": true,
	"network_compression_method": true, "wait_end_of_query": true,
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	params := r.URL.Query()
	// The whole body is read before anything runs: an insert that breaks off on the way must not count.
	body, err := readBody(r, params)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, err := h.run(params, body)
	if err != nil {
		var e exception
		if !errors.As(err, &e) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if m := exceptionCode.FindStringSubmatch(string(e)); m != nil {
			w.Header().Set("X-ClickHouse-Exception-Code", m[1])
		}
		http.Error(w, string(e), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(out) // the client may be gone; its next request tells
}

var exceptionCode = regexp.MustCompile(`Code: (\d+)`)

func readBody(r *http.Request, params url.Values) ([]byte, error) {
	var in io.Reader = r.Body
	if params.Get("decompress") == "1" {
		in = compress.NewReader(r.Body)
	}
	b, err := io.ReadAll(in)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read body: %w", err)
	}
	return b, nil
}

// run runs one statement with the settings and parameters of its request.
func (h *handler) run(params url.Values, body []byte) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, values := range params {
		if notSettings[name] {
			continue
		}
		if _, err := h.e.exec(fmt.Sprintf("SET %s = %s", name, quote(values[0])), "Null"); err != nil {
			return nil, err
		}
		if !strings.HasPrefix(name, "param_") {
			defer func() { _, _ = h.e.exec(fmt.Sprintf("SET %s = DEFAULT", name), "Null") }() // it was set a moment ago
		}
	}
	if query := params.Get("query"); query != "" {
		// The library names the format itself.
		return nil, h.e.load(strings.TrimSuffix(query, " FORMAT Native"), body)
	}
	out, err := h.e.exec(string(body), "Native")
	if err != nil || len(out) == 0 {
		return nil, err
	}
	revision, err := strconv.ParseUint(params.Get("client_protocol_version"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("client_protocol_version: %w", err)
	}
	return transcode(out, revision, params.Get("compress") == "1")
}

// quote writes a text as a literal.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// transcode brings blocks from revision 0, in which the library writes, to the client's.
func transcode(native []byte, revision uint64, compressed bool) ([]byte, error) {
	in := chproto.NewReader(bytes.NewReader(native))
	var out []byte
	c := compress.NewWriter(compress.LevelZero, compress.LZ4)
	for {
		b := proto.NewBlock()
		if err := b.Decode(in, 0); err != nil {
			if errors.Is(err, io.EOF) {
				return out, nil
			}
			return nil, fmt.Errorf("decode block: %w", err)
		}
		var buf chproto.Buffer
		if err := b.Encode(&buf, revision); err != nil {
			return nil, fmt.Errorf("encode block: %w", err)
		}
		if !compressed {
			out = append(out, buf.Buf...)
			continue
		}
		if err := c.Compress(buf.Buf); err != nil {
			return nil, err
		}
		out = append(out, c.Data...)
	}
}
