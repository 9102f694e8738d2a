// Package editorial answers one question: what did the newsroom pause?
//
// A pause keeps advertisers, or all of them, off the pages it matches, from one instant until another. It comes by a call
// ([Switch.Pause]) or by an edit of the switch's file, and ends by itself. Who paused and lifted what, and when, is on the
// record: a file of JSON lines that is only appended to.
//
// It does not decide: it hands the pauses in force to whoever asked for them. It is not part of the configuration, so that a
// switch is thrown within two seconds however large that is, and without a review.
//
// A [Switch] may be used by any number of goroutines.
package editorial
