// Command index measures targeting: how much CPU time one request costs with 1,000 to 100,000 line items, how many bytes a
// line item takes and how long a build takes, beside a flat scan over the same rules in the same run. Every answer that is
// timed is compared with the oracle, targeting.Match; one that differs ends the run with an error.
//
//	go run ./benchmarks/index                    # all sizes, some minutes: the oracle is slow
//	go run ./benchmarks/index -sizes 1000,10000 -seed 7
package main
