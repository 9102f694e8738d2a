package pagecontext

import "time"

// Risk is how unsafe a sensitive topic is on a page, after the tiers of IAB Content Taxonomy 2.2.
// Higher is worse.
type Risk uint8

// The tiers. A line item tolerates every risk up to its own level; nothing tolerates Floor.
const (
	RiskNone Risk = iota
	RiskLow
	RiskMedium
	RiskHigh
	RiskFloor
)

var riskNames = [...]string{"none", "low", "medium", "high", "floor"}

// String returns none, low, medium, high or floor.
func (r Risk) String() string {
	if int(r) < len(riskNames) {
		return riskNames[r]
	}
	return "unknown"
}

// SensitiveTopic is the dense number of one of the IAB's 11 sensitive topics.
type SensitiveTopic uint8

// The sensitive topics of IAB Content Taxonomy 2.2, in its order.
const (
	Adult SensitiveTopic = iota
	Arms
	Crime
	Death
	Piracy
	HateSpeech
	Obscenity
	Drugs
	Spam
	Terrorism
	DebatedIssues
	NumSensitiveTopics = iota
)

var sensitiveKeys = [NumSensitiveTopics]string{
	"adult", "arms", "crime", "death", "piracy", "hate_speech", "obscenity", "drugs", "spam", "terrorism", "debated_issues",
}

// String returns the topic's key in YAML, such as arms or hate_speech.
func (t SensitiveTopic) String() string {
	if int(t) < len(sensitiveKeys) {
		return sensitiveKeys[t]
	}
	return "unknown"
}

// SensitiveTopicKeys returns the YAML keys of all sensitive topics, in order.
func SensitiveTopicKeys() []string { return sensitiveKeys[:] }

// Input is what is known of a page before it is understood. All of it is optional but URL.
type Input struct {
	URL         string
	Title       string
	Description string
	Section     string
	Keywords    []string
	Authors     []string
	Tags        []string
	Text        string // article text, plain
	Language    string // BCP 47 as declared by the page
	Kind        string // article, front, video
	Published   time.Time
	// Sensitive and NoAds are the newsroom's own flags; see [Context].
	Sensitive, NoAds bool
}

// Context is what a page is about. It is immutable once returned and safe to share.
type Context struct {
	URL       string // canonical: see [CanonicalURL]
	Title     string
	Section   string // lower case, as the page declared it
	Keywords  []string
	Authors   []string
	Tags      []string
	Language  string // ISO 639-1, "" when unknown
	Kind      string
	Published time.Time

	// Known is false when there was too little text to judge by (no title and no body), or it is in a language that
	// no rules are written for. Line items with strict suitability do not serve on an unknown page.
	Known bool
	// Sensitive is set by the newsroom: only line items with open suitability may serve.
	Sensitive bool
	// NoAds is set by the newsroom: no demand path may serve.
	NoAds bool

	Topics   []Topic                  // most confident first
	Risks    [NumSensitiveTopics]Risk // risk per sensitive topic
	Evidence []Evidence

	// TitleWords and TextWords are the normalised words of the title with declared keywords, and of the body; see
	// targeting.Page.
	TitleWords, TextWords []string

	broad Section // see [BroadSection]
}

// Topic is one topic of IAB Content Taxonomy 3.1.
type Topic struct {
	ID         string // the taxonomy's unique id
	Name       string
	Confidence float32 // 0..1
}

// Evidence tells which words led to a topic.
type Evidence struct {
	Topic string // topic id, or key of a sensitive topic
	Words string // as found, normalised
	Where string // title, description, keywords, section, text
	Rule  string // file:line of the rule, or its id
	Score float32
}
