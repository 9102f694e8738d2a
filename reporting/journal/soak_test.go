//go:build soak

package journal

// soak runs the long forms.
const soak = true
