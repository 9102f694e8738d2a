// Package clickhouse is the store for many instances: one ClickHouse server, or a cluster of them.
//
// A batch counts once, although a ClickHouse insert has no transaction:
//
//   - Before a batch is inserted, what it is about to be (its range, its number of rows, the hours it touches) is written
//     to the table batches. That row outlives this process.
//   - The batch is cut by week, because a week is a partition and only the insert of one block into one partition is atomic. Each piece
//     carries a deduplication token made of its range: a piece that is inserted again while the first try is still under way
//     in the server is dropped there.
//   - When the outcome of an insert is unknown (a lost reply, a crash), the rows of the range are looked up before anything is sent
//     again, as the server forgets tokens after a while. The range is sent with the same bounds, under the same tokens.
//
// Nothing is asynchronous: async_insert is off and parts are fsynced, so an acknowledged batch is on the server's disk.
//
// [Open] does not need the server: it is reached, and the schema migrated, at the first use, and again until it works.
// All methods may be called from any goroutine; appends wait for one another.
package clickhouse
