package httpapi

import "unsafe"

// b2s views b as a string without a copy. The string lives as long as b is not changed: here, until the
// handler returns. Nothing that outlives the handler may keep it.
func b2s(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
