// Package catalog compiles the configuration into one immutable snapshot that serving reads without locks: dense
// numbers instead of ids, targeting rules in an index, assets in memory under the hash of their content.
//
// It decides nothing and counts nothing. A [Catalog] is never changed after [Compile]; any number of goroutines may
// read it. A [Watcher] compiles again when files change and hands the new snapshot over.
package catalog
