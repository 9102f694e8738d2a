// Package report says what can be asked of the events, and writes the answers.
//
// A [Query] names a half-open range of instants, dimensions to cut by, metrics, filters and a [Scope]. Stores answer it
// through one SQL text made by [SQL]: no value of a query ever stands in that text, only placeholders, and every name in it comes
// from the tables of this package. Answers are sums; the ratios derive from them here, so that every surface rounds
// alike.
//
// Nothing here keeps state; everything may be called from any goroutine.
package report
