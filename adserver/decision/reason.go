package decision

import "github.com/placard/placard/adserver/delivery"

// Reason is why a line item does not serve, or why a slot stays empty. The texts are part of the HTTP contract and of reports:
// they are added to, never changed.
type Reason uint8

// The reasons, in the order in which they are found: a later one got further.
const (
	None             Reason = iota
	NoCandidate             // no line item targets the slot
	Targeting               // the rule does not hold
	FlightNotStarted        // the flight is still to come
	FlightEnded             // the flight is over
	Editorial               // the newsroom wants no ads on the page
	Paused                  // the newsroom paused it for now
	Bot                     // known crawlers are shown house ads alone
	Suitability             // the page is riskier than the line item tolerates
	Size                    // no creative fits the slot
	Floor                   // the price is below the placement's floor
	Goal                    // the goal is reached
	Budget                  // the budget is spent
	Pacing                  // ahead of its curve for now
	VisitorID               // capped, and the visitor has no id
	Cap                     // the visitor has seen it often enough
	Share                   // the draw gave the slot to the rest of a sponsorship's percentage
	Repeat                  // already on the page
	Exclusion               // a competitor is on the page
	Adjacent                // the slot beside it shows the same category
	HouseLimit              // the page has its house ads
	Roadblocked             // it could not have all the slots it must have together
	Outranked               // another line item was chosen
	NoBid                   // found after the decision: the auction that asked cannot have it
	NumReasons       = iota
)

var reasonNames = [NumReasons]string{
	"", "no_candidate", "targeting", "flight_not_started", "flight_ended", "editorial", "paused", "bot", "suitability", "size", "floor", "goal_reached", "budget",
	"pacing", "no_visitor_id", "cap", "share", "repeat", "exclusion", "adjacent", "house_limit", "roadblock", "outranked", "no_bid",
}

// String returns the reason's text.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}

// verdicts translates delivery's verdicts.
var verdicts = [...]Reason{delivery.OK: None, delivery.GoalReached: Goal, delivery.OutOfBudget: Budget, delivery.Paced: Pacing, delivery.Capped: Cap, delivery.NoVisitorID: VisitorID}
