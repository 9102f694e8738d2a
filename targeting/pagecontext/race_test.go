//go:build race

package pagecontext

// The race detector drops pooled memory at random, to find what depends on it: it is allocated anew.
const poolMisses = 16
