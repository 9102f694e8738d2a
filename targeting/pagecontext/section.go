package pagecontext

// Section is one of the broad sections every newspaper has.
type Section uint8

// The broad sections.
const (
	SectionOther Section = iota
	SectionPolitics
	SectionBusiness
	SectionSport
	SectionTechnology
	SectionEntertainment
	SectionHealth
	SectionScience
	SectionTravel
	SectionWorld
	SectionCrime
	numSections = iota
)

var sectionNames = [numSections]string{
	"other", "politics", "business", "sport", "technology", "entertainment", "health", "science", "travel", "world", "crime",
}

// String returns the section's name, such as politics.
func (s Section) String() string {
	if int(s) < len(sectionNames) {
		return sectionNames[s]
	}
	return "other"
}

// ParseSection returns the section with this name.
func ParseSection(name string) (Section, bool) {
	for i, n := range sectionNames {
		if n == name {
			return Section(i), true
		}
	}
	return SectionOther, false
}

// BroadSection returns the broad section that the page belongs to: politics, business, sport, technology,
// entertainment, health, science, travel, world, crime or other.
func BroadSection(c *Context) string { return c.broad.String() }
