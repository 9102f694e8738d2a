package httpapi

import (
	"bytes"

	"github.com/valyala/fasthttp"
)

// guard refuses requests whose framing or target two parsers could read differently (request
// smuggling, cache confusion), which fasthttp accepts. It returns "" for a request that may pass.
func guard(h *fasthttp.RequestHeader) string {
	switch string(h.Protocol()) {
	case "HTTP/1.1", "HTTP/1.0":
	default:
		return "the protocol must be HTTP/1.1 or HTTP/1.0"
	}
	target := h.RequestURI()
	if len(target) == 0 || target[0] != '/' {
		return "the request target must be a path, such as /v1/ads"
	}
	if why := guardPath(target); why != "" {
		return why
	}
	raw := h.RawHeaders()
	// RFC 9112 section 5.2: a server must reject or unfold obs-fold; nothing needs it.
	if bytes.Contains(raw, []byte("\n ")) || bytes.Contains(raw, []byte("\n\t")) {
		return "a header field is folded over several lines"
	}
	// RFC 9112 section 6.3: both together are an attempt at smuggling.
	if len(h.Peek(fasthttp.HeaderTransferEncoding)) > 0 && hasField(raw, "content-length") {
		return "Content-Length and Transfer-Encoding must not be sent together"
	}
	if countField(raw, "host") > 1 {
		return "more than one Host header"
	}
	return ""
}

// guardPath refuses paths that another parser could take for a different one: those that begin like the name of another
// host, climb with dot segments, or hide a slash or a zero byte in an escape.
func guardPath(target []byte) string {
	path, _, _ := bytes.Cut(target, []byte("?"))
	if len(path) > 1 && path[1] == '/' {
		return "the path must not begin with two slashes"
	}
	dots := 0 // of the segment so far; -1: it holds something else
	for i := 1; i <= len(path); i++ {
		c := byte('/')
		if i < len(path) {
			c = path[i]
		}
		if c == '%' {
			if i+2 >= len(path) {
				return "the path holds an escape that is cut off"
			}
			hi, lo := unhex(path[i+1]), unhex(path[i+2])
			if hi > 15 || lo > 15 {
				return "the path holds an escape that is not two hex digits"
			}
			c = hi<<4 | lo
			if c == '/' || c == '\\' || c == 0 {
				return "the path hides a slash or a zero byte in an escape"
			}
			i += 2
		}
		switch c {
		case '\\':
			return "the path holds a backslash"
		case '/':
			if dots == 1 || dots == 2 {
				return "the path holds . or .. segments"
			}
			dots = 0
		case '.':
			if dots >= 0 {
				dots++
			}
		default:
			dots = -1
		}
	}
	return ""
}

// unhex returns the value of a hex digit, 255 for anything else.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return (c | 0x20) - 'a' + 10
	}
	return 255
}

func hasField(raw []byte, lower string) bool { return countField(raw, lower) > 0 }

// countField counts the header lines with the given lower-case name.
func countField(raw []byte, lower string) int {
	n := 0
	for len(raw) > 0 {
		line := raw
		if i := bytes.IndexByte(raw, '\n'); i >= 0 {
			line, raw = raw[:i], raw[i+1:]
		} else {
			raw = nil
		}
		if len(line) > len(lower) && line[len(lower)] == ':' && equalFold(line[:len(lower)], lower) {
			n++
		}
	}
	return n
}

// equalFold compares ASCII without case; lower is lower case already.
func equalFold(b []byte, lower string) bool {
	for i := range b {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
