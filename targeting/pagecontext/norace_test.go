//go:build !race

package pagecontext

const poolMisses = 0
