//go:build race

package beacon_test

// The race detector makes sync.Pool drop things at random: what a token then takes anew is a few objects.
const maxAllocs = 10
