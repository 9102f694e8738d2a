package editorial

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/targeting/pagecontext"
)

// Pause is one use of the switch. Conditions that are empty match everything; several must all hold.
type Pause struct {
	ID          string    `yaml:"id,omitempty" json:"id"`
	From        time.Time `yaml:"from,omitempty" json:"from"` // zero: at once
	Until       time.Time `yaml:"until" json:"until"`         // at most [MaxLength] after From
	Reason      string    `yaml:"reason" json:"reason"`
	By          string    `yaml:"by,omitempty" json:"by"`
	Advertisers []string  `yaml:"advertisers,omitempty,flow" json:"advertisers,omitempty"` // none: all ads
	Sites       []string  `yaml:"sites,omitempty,flow" json:"sites,omitempty"`
	Sections    []string  `yaml:"sections,omitempty,flow" json:"sections,omitempty"`
	Topics      []string  `yaml:"topics,omitempty,flow" json:"topics,omitempty"` // ids or names of IAB Content Taxonomy 3.1
	URLs        []string  `yaml:"urls,omitempty,flow" json:"urls,omitempty"`     // patterns of host and path, as in targets
}

// MaxLength is how long a pause may last: what should hold longer belongs into the configuration, where it is reviewed.
const MaxLength = 31 * 24 * time.Hour

const (
	maxPauses = 1000
	maxValues = 200
	maxText   = 500 // bytes of a value or a reason
)

// Error is a pause that cannot be taken as it stands.
type Error struct{ Field, Message string }

func (e *Error) Error() string { return e.Field + ": " + e.Message }

var plainID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// check completes a pause and says what is wrong with it.
func (p *Pause) check(now time.Time) error {
	if p.From.IsZero() {
		p.From = now
	}
	p.From, p.Until = p.From.UTC().Truncate(time.Second), p.Until.UTC().Truncate(time.Second)
	switch {
	case p.ID != "" && !plainID.MatchString(p.ID):
		return &Error{"id", "must be 1 to 64 letters, digits, '.', '_' or '-'"}
	case p.Until.IsZero():
		return &Error{"until", "say when the pause ends, such as " + now.UTC().Add(2*time.Hour).Format(time.RFC3339)}
	case !p.From.Before(p.Until):
		return &Error{"until", "the pause ends before it begins"}
	case p.Until.Sub(p.From) > MaxLength:
		return &Error{"until", "a pause lasts at most 31 days; what should hold longer belongs into the configuration"}
	case strings.TrimSpace(p.Reason) == "":
		return &Error{"reason", "say why, for the record"}
	case len(p.Reason) > maxText:
		return &Error{"reason", fmt.Sprintf("is longer than %d bytes", maxText)}
	}
	for name, list := range map[string][]string{"advertisers": p.Advertisers, "sites": p.Sites, "sections": p.Sections, "topics": p.Topics, "urls": p.URLs} {
		if len(list) > maxValues {
			return &Error{name, fmt.Sprintf("has more than %d values", maxValues)}
		}
		for _, v := range list {
			if v == "" || len(v) > maxText {
				return &Error{name, "holds a value that is empty or too long"}
			}
		}
	}
	for i, t := range p.Topics {
		if _, ok := pagecontext.TopicByID(t); ok {
			continue
		}
		id, ok := pagecontext.TopicByName(t)
		if !ok {
			return &Error{"topics", fmt.Sprintf("there is no topic %q in IAB Content Taxonomy 3.1", t)}
		}
		p.Topics[i] = id
	}
	return nil
}

// over reports whether the pause has ended.
func (p *Pause) over(now time.Time) bool { return !now.Before(p.Until) }

// decided are the pauses as decisions read them.
func decided(list []Pause) *decision.Pauses {
	out := make([]decision.Pause, len(list))
	for i, p := range list {
		sections := slices.Clone(p.Sections)
		for j := range sections {
			sections[j] = strings.ToLower(sections[j])
		}
		out[i] = decision.Pause{ID: p.ID, From: p.From, Until: p.Until, Advertisers: p.Advertisers, Sites: p.Sites, Sections: sections, Topics: p.Topics, URLs: p.URLs}
	}
	return decision.NewPauses(out)
}
