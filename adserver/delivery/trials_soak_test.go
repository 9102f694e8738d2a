//go:build soak

package delivery

const capTrials = 10_000
