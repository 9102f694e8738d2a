package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// mediaTypes of static files, by extension. Others are not served.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8", ".svg": "image/svg+xml",
}

// packStatic compresses the static files once, and hashes them for their URLs.
func packStatic() (version string, packed map[string][]byte, err error) {
	h := sha256.New()
	packed = map[string][]byte{}
	err = fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		_, _ = h.Write(b) // never fails
		if path.Ext(name) == ".woff2" {
			return nil // it is compressed
		}
		var out bytes.Buffer
		z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := z.Write(b); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		packed[path.Base(name)] = out.Bytes()
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)[:6]), packed, err
}

// static is GET /reports/static/{version}/{file}. The version is of the content, so it may be kept for ever.
func (s *Site) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	media := mediaTypes[path.Ext(name)]
	if r.PathValue("version") != s.version || media == "" {
		s.notFound(w, r)
		return
	}
	body, err := files.ReadFile("static/" + name)
	if err != nil {
		s.notFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", media)
	if z, ok := s.packed[name]; ok && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		h.Add("Vary", "Accept-Encoding")
		body = z
	}
	_, _ = w.Write(body) // the reader may have left
}

func acceptsGzip(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" && strings.TrimSpace(q) != "q=0" {
			return true
		}
	}
	return false
}

// packer gzips texts on their way out.
type packer struct {
	http.ResponseWriter
	accepts bool
	begun   bool
	z       *gzip.Writer
}

// WriteHeader decides by the content type. What is compressed already, or is not text, goes as it is.
func (p *packer) WriteHeader(status int) {
	if !p.begun {
		p.begun = true
		h := p.Header()
		media := h.Get("Content-Type")
		texty := strings.HasPrefix(media, "text/") || strings.HasPrefix(media, "application/json") || strings.HasPrefix(media, "application/x-ndjson")
		if texty && h.Get("Content-Encoding") == "" && status != http.StatusNoContent && status >= 200 {
			h.Add("Vary", "Accept-Encoding")
			if p.accepts {
				h.Set("Content-Encoding", "gzip")
				h.Del("Content-Length")
				p.z = gzip.NewWriter(p.ResponseWriter)
			}
		}
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *packer) Write(b []byte) (int, error) {
	if !p.begun {
		p.WriteHeader(http.StatusOK)
	}
	if p.z != nil {
		return p.z.Write(b)
	}
	return p.ResponseWriter.Write(b)
}

func (p *packer) close() {
	if p.z != nil {
		_ = p.z.Close() // the reader may have left
	}
}
