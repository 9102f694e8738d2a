package pages

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/placard/placard/targeting/pagecontext"
)

// Pushed is a page as the newsroom's own system describes it.
type Pushed struct {
	Site        string    `json:"site"`
	URL         string    `json:"url"`
	Title       string    `json:"title,omitempty"`
	Description string    `json:"description,omitempty"`
	Section     string    `json:"section,omitempty"`
	Text        string    `json:"text,omitempty"`
	Language    string    `json:"language,omitempty"`
	Kind        string    `json:"kind,omitempty"`
	Published   time.Time `json:"published,omitzero"`
	Keywords    []string  `json:"keywords,omitempty"`
	Tags        []string  `json:"tags,omitempty"`
	Authors     []string  `json:"authors,omitempty"`
	Sensitive   bool      `json:"sensitive,omitempty"`
	NoAds       bool      `json:"no_ads,omitempty"`
}

func (p *Pushed) input() *pagecontext.Input {
	return &pagecontext.Input{
		URL: p.URL, Title: p.Title, Description: p.Description, Section: p.Section, Text: p.Text, Language: p.Language, Kind: p.Kind,
		Published: p.Published, Keywords: p.Keywords, Tags: p.Tags, Authors: p.Authors, Sensitive: p.Sensitive, NoAds: p.NoAds,
	}
}

// maxPushed bounds the pages that are kept: 20 bytes of memory each, and a file.
const maxPushed = 1_000_000

// ErrFull is returned when [maxPushed] pages are kept.
var ErrFull = fmt.Errorf("%d pages are kept and no more: withdraw old ones", maxPushed)

var errGone = errors.New("the page was withdrawn")

// pushedPages keeps one file for each page, named by the hash of its URL. A file is written beside, synced and
// renamed: it is there whole or not at all.
type pushedPages struct {
	dir string

	mu   sync.RWMutex
	keys map[uint64]struct{}
}

func openPushed(dir string) (*pushedPages, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open pushed pages: %w", err)
	}
	p := &pushedPages{dir: dir, keys: map[uint64]struct{}{}}
	shelves, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open pushed pages: %w", err)
	}
	for _, s := range shelves {
		files, err := os.ReadDir(filepath.Join(dir, s.Name()))
		if err != nil {
			continue // not a shelf
		}
		for _, f := range files {
			name, isPage := strings.CutSuffix(f.Name(), ".json")
			if !isPage {
				_ = os.Remove(filepath.Join(dir, s.Name(), f.Name())) // half written when the process ended
				continue
			}
			if key, err := strconv.ParseUint(name, 16, 64); err == nil {
				p.keys[key] = struct{}{}
			}
		}
	}
	return p, nil
}

func (p *pushedPages) path(key uint64) string {
	name := fmt.Sprintf("%016x", key)
	return filepath.Join(p.dir, name[:2], name+".json")
}

func (p *pushedPages) has(key uint64) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	_, ok := p.keys[key]
	return ok
}

func (p *pushedPages) len() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.keys)
}

func (p *pushedPages) read(key uint64) (*Pushed, error) {
	b, err := os.ReadFile(p.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errGone
	}
	if err != nil {
		return nil, fmt.Errorf("read pushed page: %w", err)
	}
	var page Pushed
	if err := json.Unmarshal(b, &page); err != nil {
		return nil, fmt.Errorf("read pushed page %s: %w", p.path(key), err)
	}
	return &page, nil
}

// write puts a page on disk. Writes are one after another: newsrooms publish some pages a minute.
func (p *pushedPages) write(key uint64, page *Pushed) error {
	b, err := json.Marshal(page)
	if err != nil {
		return fmt.Errorf("write pushed page: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.keys[key]; !known && len(p.keys) >= maxPushed {
		return ErrFull
	}
	path := p.path(key)
	if err := writeFile(path, b); err != nil {
		return fmt.Errorf("write pushed page: %w", err)
	}
	p.keys[key] = struct{}{}
	return nil
}

func (p *pushedPages) remove(key uint64, site string) (bool, error) {
	page, err := p.read(key)
	if errors.Is(err, errGone) || err == nil && page.Site != site {
		return false, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	path := p.path(key)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("withdraw pushed page: %w", err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return false, fmt.Errorf("withdraw pushed page: %w", err)
	}
	delete(p.keys, key)
	return true, nil
}

// writeFile puts b at path, durably, whole or not at all.
func writeFile(path string, b []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	if err := syncDir(dir); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
