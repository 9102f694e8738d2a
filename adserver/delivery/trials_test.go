//go:build !soak

package delivery

// capTrials are few enough for every run; -tags soak does ten thousand.
const capTrials = 200

// everyMinute says whether the year is walked through minute by minute.
const everyMinute = false
