//go:build engine && soak

package clickhouse_test

import "time"

// The long form of the fault tests.
const (
	faultEvents = 10_000_000
	faultBatch  = 100_000
	faultTime   = 50 * time.Minute
)
