//go:build !race

package httpapi_test

const maxAllocs = 1
