//go:build !soak

package delivery

// capTrials are few enough for every run; -tags soak does ten thousand.
const capTrials = 500
