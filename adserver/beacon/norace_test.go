//go:build !race

package beacon_test

const maxAllocs = 0.1
