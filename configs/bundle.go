package configs

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// Bounds of an html creative of several files.
const (
	maxBundleFiles = 100
	bundleIndex    = "index.html"
)

// isBundle tells whether an html creative's src is a directory or a zip.
func isBundle(fsys fs.FS, p string) bool {
	if path.Ext(p) == ".zip" {
		return true
	}
	info, err := fs.Stat(fsys, p)
	return err == nil && info.IsDir()
}

// ReadBundle reads an html creative of several files, from a directory or a zip, by path within it. index.html is its document. A zip
// whose files are all in one directory is read as that directory.
func ReadBundle(fsys fs.FS, p string) (map[string][]byte, error) {
	files := map[string][]byte{}
	total := 0
	add := func(name string, b []byte) error {
		if !fs.ValidPath(name) || strings.ContainsAny(name, "\\%?# ") {
			return fmt.Errorf("the file name %q is not plain: use letters, digits, '-', '_', '.' and '/'", cut(name))
		}
		if _, ok := bundleTypes[path.Ext(name)]; !ok {
			return fmt.Errorf("%s: bundles hold html, css, js, json, images, fonts and videos, not %q", cut(name), path.Ext(name))
		}
		total += len(b)
		if total > maxAsset {
			return fmt.Errorf("it is larger than %d bytes", maxAsset)
		}
		files[name] = b
		if len(files) > maxBundleFiles {
			return fmt.Errorf("it has more than %d files", maxBundleFiles)
		}
		return nil
	}
	if path.Ext(p) != ".zip" {
		err := fs.WalkDir(fsys, p, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
				return err
			}
			b, err := fs.ReadFile(fsys, name)
			if err != nil {
				return err
			}
			return add(strings.TrimPrefix(name, p+"/"), b)
		})
		if err != nil {
			return nil, err
		}
		return files, needIndex(files)
	}
	b, err := fs.ReadFile(fsys, p)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, fmt.Errorf("it cannot be read as a zip: %w", err)
	}
	for _, f := range z.File {
		base := path.Base(f.Name)
		if f.FileInfo().IsDir() || strings.HasPrefix(base, ".") || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", cut(f.Name), err)
		}
		// What it says of its size is not believed: reading stops at the bound.
		content, err := io.ReadAll(io.LimitReader(r, maxAsset+1))
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", cut(f.Name), err)
		}
		if err := add(f.Name, content); err != nil {
			return nil, err
		}
	}
	if _, ok := files[bundleIndex]; !ok {
		files = unwrapped(files)
	}
	return files, needIndex(files)
}

// unwrapped takes away the directory that all files are in.
func unwrapped(files map[string][]byte) map[string][]byte {
	out := map[string][]byte{}
	dir := ""
	for name, b := range files {
		first, rest, ok := strings.Cut(name, "/")
		if !ok || dir != "" && first != dir {
			return files
		}
		dir = first
		out[rest] = b
	}
	return out
}

func needIndex(files map[string][]byte) error {
	if _, ok := files[bundleIndex]; !ok {
		return fmt.Errorf("it has no %s at its top", bundleIndex)
	}
	return nil
}

// bundleTypes are the files that a bundle may hold, by extension, and how they are served.
var bundleTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".json": "application/json",
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif", ".svg": "image/svg+xml",
	".woff2": "font/woff2", ".woff": "font/woff", ".mp4": "video/mp4", ".webm": "video/webm", ".mp3": "audio/mpeg",
}

// BundleType is the media type of a bundle's file.
func BundleType(name string) string { return bundleTypes[path.Ext(name)] }
