//go:build race

package httpapi_test

// The race detector makes sync.Pool drop things at random, so that only the growth with the page can be bounded.
const maxAllocs = 150
