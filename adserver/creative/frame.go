package creative

import (
	"bytes"
	"fmt"
)

// clickScript gives an html creative its clickTag: the click URL that the frame's address carries. A creative calls
// window.open(window.clickTag), as its tools write it, or has links with the class placard-click.
const clickScript = `<script>(function(){var p=new URLSearchParams(location.hash.slice(1)),u=p.get("click")||"";` +
	`if(u&&!/^(https?:)?\//.test(u))u="";if(u.charAt(0)==="/")u=new URL(u,location.href).href;` +
	`window.clickTag=window.clickTAG=u;addEventListener("DOMContentLoaded",function(){document.querySelectorAll("a.placard-click").forEach(function(a){a.href=u;a.target="_blank";a.rel="sponsored noopener"})})})()</script>`

// document prepares an html creative's document: the click script comes before everything that the document runs.
func document(b []byte) []byte {
	lower := bytes.ToLower(b)
	at := 0
	if i := bytes.Index(lower, []byte("<head")); i >= 0 {
		if j := bytes.IndexByte(lower[i:], '>'); j >= 0 {
			at = i + j + 1
		}
	} else if i := bytes.Index(lower, []byte("<!doctype")); i >= 0 {
		if j := bytes.IndexByte(lower[i:], '>'); j >= 0 {
			at = i + j + 1
		}
	}
	out := make([]byte, 0, len(b)+len(clickScript))
	out = append(out, b[:at]...)
	out = append(out, clickScript...)
	return append(out, b[at:]...)
}

// DocumentHeaders are the headers that an html creative's document must be served with. The sandbox holds even where
// somebody opens the document outside its frame.
func DocumentHeaders() [][2]string {
	return [][2]string{
		{"Content-Security-Policy", "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox; default-src 'none'; script-src 'unsafe-inline' 'self'; style-src 'unsafe-inline' 'self'; img-src data: blob: 'self'; font-src data: 'self'; media-src data: blob: 'self'; connect-src data: blob: 'self'; base-uri 'none'; form-action 'none'"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
		{"Cross-Origin-Resource-Policy", "cross-origin"},
		// Fonts and modules of a document without an origin are asked for with the origin null.
		{"Access-Control-Allow-Origin", "*"},
	}
}

// FrameHeaders are the headers of a frame document for pages without scripts.
func FrameHeaders() [][2]string {
	return [][2]string{
		{"Content-Security-Policy", "default-src 'none'; img-src 'self' https: data:; style-src 'unsafe-inline'; frame-src 'self' https:; base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "strict-origin-when-cross-origin"},
	}
}

const frameStyle = `<style>body{margin:0;font:12px/1.5 system-ui,sans-serif;color:#666;text-align:center}img,iframe{max-width:100%;height:auto;border:0;vertical-align:top}` +
	`.l{letter-spacing:.08em;text-transform:uppercase;font-size:11px}a{color:inherit}@media(prefers-color-scheme:dark){body{color:#aaa}}</style>`

// AppendFrame appends a whole document that shows one creative and its label, and reports the impression with a picture of one pixel:
// for pages without scripts. Network tags need scripts and show nothing here.
func (s *Set) AppendFrame(dst []byte, cr int32, v *Vars) []byte {
	if s.compiled[cr].kind == "adsense" {
		return AppendEmptyFrame(dst)
	}
	dst = fmt.Appendf(dst, `<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>%s</title>%s</head><body><div class="l">%s</div>`,
		esc(v.Label), frameStyle, esc(v.Label))
	dst = s.AppendHTML(dst, cr, v)
	dst = append(dst, `<img src="`...)
	dst = append(dst, v.Base...)
	dst = append(dst, `/v1/i/`...)
	dst = append(dst, v.Token...)
	return append(dst, `" width="1" height="1" alt=""></body></html>`...)
}

// AppendEmptyFrame appends the document of a slot that stays empty.
func AppendEmptyFrame(dst []byte) []byte {
	return append(dst, `<!doctype html><html><head><meta charset="utf-8"><title></title></head><body></body></html>`...)
}
