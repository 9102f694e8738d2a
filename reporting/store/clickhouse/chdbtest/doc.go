// Package chdbtest puts the ClickHouse engine behind HTTP, so that tests and benchmarks of the store talk to the real
// thing without a server being installed. It is the library libchdb in a process of its own, as an engine that crashes must not take
// the tests along, and understands of ClickHouse's HTTP interface what clickhouse-go uses.
//
// The program that wants an engine is the program that becomes one: it calls [Main] first thing (tests: in TestMain), and
// [Start] starts it again as the engine.
//
//	func TestMain(m *testing.M) { chdbtest.Main(); os.Exit(m.Run()) }
//
// The library is about 566 MB and is fetched by `make deps`; files that use this package carry the build tag engine.
// Statements run one after another.
package chdbtest
