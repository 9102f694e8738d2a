package pagecontext

import (
	"embed"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/placard/placard/targeting/words"
)

//go:embed rules
var shippedRules embed.FS

// Options configure a [Classifier].
type Options struct {
	// Rules holds further rule files (*.rules) of the publisher, in the form of those that ship; they add to them.
	// nil: none.
	Rules fs.FS
}

// Classifier tells what pages are about. It is safe for concurrent use.
type Classifier struct {
	lexicon *lexicon
	files   []RuleFile
	votes   latinVotes
	scratch sync.Pool // of *scratch
}

// NewClassifier compiles the rules, which takes some milliseconds. All mistakes in rule files are reported at once.
func NewClassifier(o Options) (*Classifier, error) {
	rules, files, err := readRules(shippedRules, "rules")
	if err != nil {
		return nil, err
	}
	if o.Rules != nil {
		own, ownFiles, err := readRules(o.Rules, ".")
		if err != nil {
			return nil, err
		}
		rules, files = append(rules, own...), append(files, ownFiles...)
	}
	x, err := newLexicon(rules)
	if err != nil {
		return nil, err
	}
	c := &Classifier{lexicon: x, files: files, votes: newLatinVotes()}
	c.scratch.New = func() any {
		return &scratch{counts: make([][numRegions]uint8, len(x.phrases)), scores: make([]float32, len(x.groups)), outs: make([]int16, len(x.groups))}
	}
	return c, nil
}

// RuleFiles returns the files whose rules are in force, the shipped ones first.
func (c *Classifier) RuleFiles() []RuleFile { return slices.Clone(c.files) }

// Classify returns what the page is about. It does not keep in, but the context shares its strings and its lists of
// keywords, authors and tags: do not change those afterwards.
func (c *Classifier) Classify(in *Input) *Context {
	ctx := &Context{
		URL: in.URL, Title: in.Title, Section: strings.ToLower(strings.TrimSpace(in.Section)), Keywords: in.Keywords, Authors: in.Authors, Tags: in.Tags,
		Kind: in.Kind, Published: in.Published, Sensitive: in.Sensitive, NoAds: in.NoAds, broad: SectionOther,
	}
	if u, err := CanonicalURL(in.URL); err == nil {
		ctx.URL = u
	}
	s := c.scratch.Get().(*scratch)
	defer c.scratch.Put(s)
	s.reset()

	ctx.TitleWords = words.Append(nil, in.Title)
	title := len(ctx.TitleWords)
	for _, list := range [][]string{in.Keywords, in.Tags} {
		for _, k := range list {
			ctx.TitleWords = append(ctx.TitleWords, "")
			ctx.TitleWords = words.Append(ctx.TitleWords, k)
		}
	}
	ctx.TextWords = words.Append(nil, in.Text)
	s.words = words.Append(s.words[:0], in.Description)
	description := len(s.words)
	s.words = append(s.words, "")
	if ctx.Section != "" {
		s.words = words.Append(s.words, ctx.Section)
	} else {
		s.words = words.Append(s.words, urlSection(ctx.URL))
	}

	var understood bool
	ctx.Language, understood = c.votes.detect(in.Language, [...]string{in.Title, in.Description, in.Text}, [...][]string{ctx.TitleWords[:title], s.words[:description], ctx.TextWords})
	language := anyLanguage
	if ctx.Language != "" {
		// A page in a language that no rule is written for may be about anything: not knowing is the honest answer.
		i := slices.Index(languages[:], ctx.Language)
		understood = i >= 0 && c.lexicon.languages[i]
		language = i
	}
	// Words in no language that was recognised are looked up all the same, but nobody can say that nothing was missed.
	ctx.Known = understood && ctx.Language != "" && (title > 0 || len(ctx.TextWords) > 0)
	if !understood {
		return ctx
	}

	c.scan(s, ctx.TitleWords[:title], inTitle)
	c.scan(s, ctx.TitleWords[title:], inKeywords)
	c.scan(s, s.words[:description], inDescription)
	c.scan(s, s.words[description:], inSection)
	lead := min(len(ctx.TextWords), leadWords)
	c.scan(s, ctx.TextWords[:lead], inLead)
	c.scan(s, ctx.TextWords[lead:], inText)
	c.score(s, uint8(language), len(ctx.TextWords)-lead)
	c.conclude(s, ctx)
	return ctx
}

// urlSection returns the first folder of a page's address, which papers name after the section.
func urlSection(canonical string) string {
	_, rest, ok := strings.Cut(canonical, "://")
	if !ok {
		return ""
	}
	_, path, _ := strings.Cut(rest, "/")
	folder, _, ok := strings.Cut(path, "/")
	if !ok || strings.IndexByte(folder, '?') >= 0 {
		return ""
	}
	if strings.IndexByte(folder, '%') >= 0 {
		folder, _ = url.PathUnescape(folder)
	}
	return folder
}
