package paper

import (
	"fmt"
	"html"
	"html/template"
	"strings"
)

// A body is a little of Markdown: paragraphs separated by blank lines, "## " subheads, "> " pull
// quotes whose last line may be "> — who said it", *italics* and [links](/to/other/stories).
type blockKind uint8

const (
	paragraph blockKind = iota
	subhead
	pullQuote
)

type block struct {
	Kind blockKind
	HTML template.HTML // escaped, inline markup expanded
	By   string        // pull quotes: who said it
	text string
}

// Paragraph, Subhead and PullQuote are for templates.
func (b block) Paragraph() bool { return b.Kind == paragraph }

// Subhead tells whether b is a subhead.
func (b block) Subhead() bool { return b.Kind == subhead }

// PullQuote tells whether b is a pull quote.
func (b block) PullQuote() bool { return b.Kind == pullQuote }

func parseBody(src string) ([]block, error) {
	var blocks []block
	for _, para := range strings.Split(strings.TrimSpace(src), "\n\n") {
		para = strings.TrimSpace(para)
		if para == "" {
			continue
		}
		b := block{}
		if rest, ok := strings.CutPrefix(para, "## "); ok {
			b.Kind, para = subhead, rest
		} else if strings.HasPrefix(para, "> ") {
			b.Kind = pullQuote
			var words []string
			for _, line := range strings.Split(para, "\n") {
				line = strings.TrimSpace(strings.TrimPrefix(line, ">"))
				if by, ok := strings.CutPrefix(line, "— "); ok {
					b.By = by
					continue
				}
				words = append(words, line)
			}
			para = strings.Join(words, " ")
		}
		para = strings.Join(strings.Fields(para), " ")
		var err error
		if b.HTML, b.text, err = inline(para); err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
	}
	if len(blocks) == 0 {
		return nil, fmt.Errorf("the body is empty")
	}
	return blocks, nil
}

// inline expands *italics* and [links](url), and returns the HTML and the plain text.
func inline(src string) (template.HTML, string, error) {
	var h, t strings.Builder
	italic := false
	for i := 0; i < len(src); i++ {
		switch src[i] {
		case '*':
			if italic {
				h.WriteString("</em>")
			} else {
				h.WriteString("<em>")
			}
			italic = !italic
		case '[':
			label, rest, ok := strings.Cut(src[i+1:], "](")
			to, _, closed := strings.Cut(rest, ")")
			if !ok || !closed || strings.ContainsAny(label, "[*") {
				return "", "", fmt.Errorf("broken link at %.40q", src[i:])
			}
			if !strings.HasPrefix(to, "/") {
				return "", "", fmt.Errorf("link to %q: stories link only within the paper", to)
			}
			fmt.Fprintf(&h, `<a href="%s">%s</a>`, html.EscapeString(to), html.EscapeString(label))
			t.WriteString(label)
			i += len(label) + len("](") + len(to) + 1
		default:
			end := i + strings.IndexAny(src[i+1:], "*[") + 1
			if end == i {
				end = len(src)
			}
			h.WriteString(html.EscapeString(src[i:end]))
			t.WriteString(src[i:end])
			i = end - 1
		}
	}
	if italic {
		return "", "", fmt.Errorf("unclosed * in %.40q", src)
	}
	return template.HTML(h.String()), t.String(), nil
}

// plainText joins what is read as running text: pull quotes repeat the story and are left out.
func plainText(blocks []block) string {
	var parts []string
	for _, b := range blocks {
		if b.Kind != pullQuote {
			parts = append(parts, b.text)
		}
	}
	return strings.Join(parts, "\n\n")
}
