//go:build !soak

package main

// soakKills makes TestKill kill a thousand times.
const soakKills = false
