//go:build engine && !soak

package clickhouse_test

import "time"

// The short form of the fault tests.
const (
	faultEvents = 1200
	faultBatch  = 110
	faultTime   = 5 * time.Minute
)
