// Package targeting answers one question: which line items may serve in this slot?
// It does not rank, pace or count, and it neither does I/O nor reads a clock.
//
// A rule is a boolean expression ([Expr]) over facts about the page, the visitor and the slot.
// A fact that is missing never satisfies a positive predicate; [Not] is plain negation, so the
// negation of a predicate about a missing fact is true: "not in section obituaries" holds on a
// page without a section.
//
// Build an [Index] once per catalog. It never changes afterwards, so any number of
// goroutines may query it without locks, each with its own [Query].
package targeting
