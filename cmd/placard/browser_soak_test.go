//go:build browser && soak

package main

const demoVisits = 500
