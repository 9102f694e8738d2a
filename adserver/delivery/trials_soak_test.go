//go:build soak

package delivery

const capTrials = 10_000

// everyMinute says whether the year is walked through minute by minute.
const everyMinute = true
