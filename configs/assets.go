package configs

import (
	"bytes"
	"fmt"
	"hash"
	"image"
	_ "image/gif"  // recognise what a file is
	_ "image/jpeg" // recognise what a file is
	_ "image/png"  // recognise what a file is
	"io/fs"
	"maps"
	"path"
	"slices"

	_ "golang.org/x/image/webp" // recognise what a file is
	"gopkg.in/yaml.v3"
)

// assetUse is the first place that names an asset, and the sizes in pixels that it is used at.
type assetUse struct {
	r    *reader
	node *yaml.Node
	uses []assetPixels
}

type assetPixels struct {
	r      *reader
	node   *yaml.Node
	kind   string
	w, h   int
	size   Size // of the creative, in CSS pixels
	retina bool // made for screens of twice the density
}

func (l *loader) useAsset(r *reader, n *yaml.Node, p, creative, key string, size Size) {
	if !fs.ValidPath(p) {
		r.errorf(n, "%q must be a plain path below the configuration's root, such as assets/summer.png", cut(p))
		return
	}
	u := l.assets[p]
	if u.r == nil {
		u.r, u.node = r, n
	}
	px := assetPixels{r: r, node: n, kind: creative, size: size, retina: key == "src_2x" || key == "src_dark_2x"}
	if creative == "image" && size.W > 0 {
		scale := 1
		if px.retina {
			scale = 2
		}
		px.w, px.h = size.W*scale, size.H*scale
	}
	u.uses = append(u.uses, px)
	l.assets[p] = u
}

// checkAssets reads each asset once, says what is wrong with it, and adds it to the revision.
func (l *loader) checkAssets(sum hash.Hash) {
	for p := range l.assets {
		l.cfg.Assets = append(l.cfg.Assets, p)
	}
	slices.Sort(l.cfg.Assets)
	for _, p := range l.cfg.Assets {
		u := l.assets[p]
		if u.uses[0].kind == "html" && isBundle(l.fs, p) {
			l.checkBundle(p, u, sum)
			continue
		}
		b, err := fs.ReadFile(l.fs, p)
		if err != nil {
			dir := path.Dir(p)
			var near []string
			if entries, err := fs.ReadDir(l.fs, dir); err == nil {
				for _, e := range entries {
					near = append(near, path.Join(dir, e.Name()))
				}
			}
			hint := ""
			if len(near) > 0 {
				hint = nearestFile(p, near)
			}
			u.r.errorf(u.node, "there is no file %s%s", p, hint)
			continue
		}
		fmt.Fprintf(sum, "%s %d\n", p, len(b))
		_, _ = sum.Write(b)
		if len(b) > maxAsset {
			u.r.errorf(u.node, "%s has %d bytes; the limit is %d", p, len(b), maxAsset)
			continue
		}
		l.checkAsset(p, b, u)
		for _, use := range u.uses {
			use.weigh(p, len(b))
		}
	}
}

// checkBundle reads an html creative of several files.
func (l *loader) checkBundle(p string, u assetUse, sum hash.Hash) {
	files, err := ReadBundle(l.fs, p)
	if err != nil {
		u.r.errorf(u.node, "the bundle %s: %v", p, err)
		return
	}
	total := 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(sum, "%s/%s %d\n", p, name, len(files[name]))
		_, _ = sum.Write(files[name])
		total += len(files[name])
	}
	for _, use := range u.uses {
		if use.kind != "html" {
			use.r.errorf(use.node, "%s is a bundle: it can only be the src of an html creative", p)
			continue
		}
		use.weigh(p, total)
	}
}

// weigh warns about what is heavier than readers on phones should pay for: the initial file loads of the IAB's New Ad Portfolio
// (2017), by the area of the ad.
func (px *assetPixels) weigh(p string, bytes int) {
	limit := 150 << 10
	switch area := px.size.W * px.size.H; {
	case area == 0:
		return
	case area <= 320*100:
		limit = 50 << 10
	case area >= 970*250:
		limit = 250 << 10
	}
	if px.retina {
		limit *= 2 // four times the pixels, which compress better the more there are
	}
	if bytes > limit {
		px.r.warnf(px.node, "%s weighs %d KB; the IAB's guidance for %d×%d is %d KB", p, bytes>>10, px.size.W, px.size.H, limit>>10)
	}
}

func nearestFile(p string, near []string) string {
	h := nearest(p, near)
	if len(h) > 14 && h[:14] == "; did you mean" {
		return h
	}
	return ""
}

var imageExtensions = map[string]string{".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif", ".webp": "webp"}

func (l *loader) checkAsset(p string, b []byte, u assetUse) {
	ext := path.Ext(p)
	switch ext {
	case ".html", ".htm":
		for _, use := range u.uses {
			if use.kind != "html" {
				use.r.errorf(use.node, "%s is a document: it can only be the src of an html creative", p)
			}
		}
		return
	case ".svg":
		if !bytes.Contains(b[:min(len(b), 4096)], []byte("<svg")) {
			u.r.errorf(u.node, "%s is not an SVG", p)
		}
		return
	}
	if ext == ".avif" {
		// ISO 23008-12: a file type box with the brand avif or avis among its first bytes.
		if head := b[:min(len(b), 64)]; !bytes.Contains(head, []byte("ftyp")) || !bytes.Contains(head, []byte("avi")) {
			u.r.errorf(u.node, "%s is not an AVIF", p)
		}
		return
	}
	want, ok := imageExtensions[ext]
	if !ok {
		u.r.errorf(u.node, "%s: creatives use png, jpg, gif, webp, avif, svg and html files, not %q", p, ext)
		return
	}
	cfg, format, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		u.r.errorf(u.node, "%s cannot be read as an image: %v", p, err)
		return
	}
	if format != want {
		u.r.errorf(u.node, "%s is a %s by its content: rename it", p, format)
	}
	for _, use := range u.uses {
		if use.kind == "html" {
			use.r.errorf(use.node, "the src of an html creative must be an .html file, not %s", p)
			continue
		}
		if use.w > 0 && (cfg.Width != use.w || cfg.Height != use.h) {
			use.r.errorf(use.node, "%s has %d×%d pixels and is used where %d×%d are needed", p, cfg.Width, cfg.Height, use.w, use.h)
		}
	}
}
