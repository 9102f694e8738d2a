//go:build browser && !soak

package main

// demoVisits is how many scripted visits are compared with the report. `make soak` makes 500.
const demoVisits = 24
