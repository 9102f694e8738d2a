package paper

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

//go:embed stories/*.md
var storyFiles embed.FS

// Story is one article of the paper.
type Story struct {
	Path        string // URL path, such as /world/istanbul-peace-talks-collapse
	Slug        string
	Section     string // section id, as in the site's configuration
	Title       string
	Kicker      string // two or three words above the headline
	Standfirst  string
	Author      string
	AuthorTitle string // what the author does for the paper
	Dateline    string // the place the story was filed from
	Published   time.Time
	Keywords    []string
	Language    string // ISO 639-1: en or ur
	Related     []string
	Text        string // the body as plain text, paragraphs separated by a blank line

	// rank orders the front page: 1 leads it. Stories without one follow, newest first.
	rank int
	// art names a drawing of package engraving, "" for a story without one.
	art, artAlt, caption string
	body                 []block
}

// Words counts the words of the body.
func (s *Story) Words() int { return len(strings.Fields(s.Text)) }

// Stories returns every story of the paper, in the order of the front page. The slice is the caller's.
func Stories() []Story {
	stories, err := readStories(storyFiles)
	if err != nil {
		// The files are compiled in and a test reads them: this is a programmer's error.
		panic(err)
	}
	return stories
}

// readStories reads all stories under stories/ and reports every file that is wrong.
func readStories(fsys fs.FS) ([]Story, error) {
	names, err := fs.Glob(fsys, "stories/*.md")
	if err != nil {
		return nil, fmt.Errorf("list stories: %w", err)
	}
	var stories []Story
	var bad []error
	bySlug := map[string]int{}
	for _, name := range names {
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			bad = append(bad, fmt.Errorf("read story: %w", err))
			continue
		}
		s, err := parseStory(string(src))
		if err == nil && s.Slug+".md" != path.Base(name) {
			err = fmt.Errorf("slug %q differs from the file's name", s.Slug)
		}
		if err != nil {
			bad = append(bad, fmt.Errorf("parse story %s: %w", name, err))
			continue
		}
		bySlug[s.Slug]++
		stories = append(stories, s)
	}
	for i := range stories {
		for _, slug := range stories[i].Related {
			if bySlug[slug] != 1 || slug == stories[i].Slug {
				bad = append(bad, fmt.Errorf("story %s: related %q is no other story", stories[i].Slug, slug))
			}
		}
	}
	if len(bad) > 0 {
		return nil, errors.Join(bad...)
	}
	sort.SliceStable(stories, func(i, j int) bool {
		a, b := &stories[i], &stories[j]
		if a.rank != b.rank && (a.rank == 0 || b.rank == 0) {
			return b.rank == 0
		}
		if a.rank != b.rank {
			return a.rank < b.rank
		}
		if !a.Published.Equal(b.Published) {
			return a.Published.After(b.Published)
		}
		return a.Slug < b.Slug
	})
	return stories, nil
}

// parseStory reads front matter ("key: value" lines between two lines of ---) and the body after it.
func parseStory(src string) (Story, error) {
	src = strings.ReplaceAll(src, "\r\n", "\n")
	rest, ok := strings.CutPrefix(src, "---\n")
	if !ok {
		return Story{}, errors.New("line 1: want ---")
	}
	head, body, ok := strings.Cut(rest, "\n---\n")
	if !ok {
		return Story{}, errors.New("front matter is not closed by ---")
	}
	if !utf8.ValidString(src) {
		return Story{}, errors.New("not valid UTF-8")
	}
	var s Story
	seen := map[string]bool{}
	for i, line := range strings.Split(head, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok {
			return Story{}, fmt.Errorf("line %d: want key: value", i+2)
		}
		if seen[key] {
			return Story{}, fmt.Errorf("line %d: %s is given twice", i+2, key)
		}
		seen[key] = true
		if err := s.set(key, value); err != nil {
			return Story{}, fmt.Errorf("line %d: %w", i+2, err)
		}
	}
	for _, key := range []string{"title", "standfirst", "section", "author", "dateline", "published", "keywords", "language", "slug", "kicker"} {
		if !seen[key] {
			return Story{}, fmt.Errorf("%s is missing", key)
		}
	}
	if s.art != "" && s.artAlt == "" {
		return Story{}, errors.New("art needs art_alt")
	}
	if s.Language == "en" {
		for _, text := range []*string{&s.Title, &s.Standfirst, &s.caption, &s.artAlt, &body} {
			*text = curl(*text)
		}
	}
	var err error
	if s.body, err = parseBody(body); err != nil {
		return Story{}, err
	}
	s.Text = plainText(s.body)
	s.Path = "/" + s.Section + "/" + s.Slug
	return s, nil
}

func (s *Story) set(key, value string) (err error) {
	if value == "" {
		return fmt.Errorf("%s is empty", key)
	}
	switch key {
	case "title":
		s.Title = value
	case "kicker":
		s.Kicker = value
	case "standfirst":
		s.Standfirst = value
	case "author":
		s.Author = value
	case "author_title":
		s.AuthorTitle = value
	case "dateline":
		s.Dateline = value
	case "slug":
		s.Slug = value
	case "art":
		s.art = value
	case "art_alt":
		s.artAlt = value
	case "caption":
		s.caption = value
	case "section":
		if !slices.ContainsFunc(sections(), func(x section) bool { return x.ID == value }) {
			return fmt.Errorf("section %q is unknown", value)
		}
		s.Section = value
	case "language":
		if value != "en" && value != "ur" {
			return fmt.Errorf("language %q is neither en nor ur", value)
		}
		s.Language = value
	case "published":
		if s.Published, err = time.Parse(time.RFC3339, value); err != nil {
			return fmt.Errorf("published: %w", err)
		}
	case "rank":
		if s.rank, err = strconv.Atoi(value); err != nil || s.rank < 1 {
			return fmt.Errorf("rank %q is not a positive number", value)
		}
	case "keywords":
		s.Keywords = list(value)
	case "related":
		s.Related = list(value)
	default:
		return fmt.Errorf("%s is no key of a story", key)
	}
	return nil
}

// list splits at commas, Latin and Arabic.
func list(value string) []string {
	var out []string
	for _, v := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == '،' }) {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}
