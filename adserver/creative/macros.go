package creative

import (
	"html"
	"net/url"
	"strconv"

	"github.com/placard/placard/adserver/catalog"
)

// Values are what macros stand for. They are put in once: a value that looks like a macro stays as it is.
type Values struct {
	Site, Placement, Advertiser, Campaign, LineItem, Creative string
	RequestID                                                 string
	// ClickURL is the whole address of the counted click; "" where a macro for it is not allowed.
	ClickURL      string
	Width, Height int
	CacheBuster   uint64
}

func (v *Values) value(macro string) string {
	switch macro {
	case "advertiser":
		return v.Advertiser
	case "cachebuster":
		return strconv.FormatUint(v.CacheBuster, 36)
	case "campaign":
		return v.Campaign
	case "click_url":
		return v.ClickURL
	case "creative":
		return v.Creative
	case "height":
		return strconv.Itoa(v.Height)
	case "line_item":
		return v.LineItem
	case "placement":
		return v.Placement
	case "request_id":
		return v.RequestID
	case "site":
		return v.Site
	case "width":
		return strconv.Itoa(v.Width)
	}
	return "" // the configuration's check names the macros there are
}

// AppendURL appends an address with its macros' values, percent-encoded wherever they stand.
func AppendURL(dst []byte, parts []catalog.Part, v *Values) []byte {
	for _, p := range parts {
		dst = append(dst, p.Text...)
		if p.Macro != "" {
			dst = append(dst, url.QueryEscape(v.value(p.Macro))...)
		}
	}
	return dst
}

// AppendCode appends a third party's tag with its macros' values: percent-encoded within a URL's query, escaped for HTML elsewhere. Nothing
// that a value may hold ends a string of a script: quotes, angle brackets and backslashes do not survive either.
func AppendCode(dst []byte, parts []catalog.Part, v *Values) []byte {
	for _, p := range parts {
		dst = append(dst, p.Text...)
		switch {
		case p.Macro == "":
		case p.Query:
			dst = append(dst, url.QueryEscape(v.value(p.Macro))...)
		default:
			for _, c := range []byte(html.EscapeString(v.value(p.Macro))) {
				if c != '\\' && c != '`' && c >= ' ' {
					dst = append(dst, c)
				}
			}
		}
	}
	return dst
}

// AppendScript appends the document of a script creative.
func AppendScript(dst []byte, cr *catalog.Creative, v *Values) []byte {
	dst = append(dst, `<!doctype html><html><head><meta charset="utf-8"><title></title><style>body{margin:0;overflow:hidden}</style></head><body>`...)
	dst = AppendCode(dst, cr.Code, v)
	return append(dst, `</body></html>`...)
}

// ScriptHeaders are the headers of a script creative's document. It may fetch from anywhere on the web, as third parties' tags do; its
// sandbox keeps it from the page and from the server's cookies.
func ScriptHeaders() [][2]string {
	return [][2]string{
		{"Content-Security-Policy", "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox; default-src https: data: blob: 'unsafe-inline' 'unsafe-eval'; base-uri 'none'; form-action https:"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
		{"Cache-Control", "no-store"},
	}
}
