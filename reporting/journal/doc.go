// Package journal is the durable log of events: what it acknowledged is on disk.
//
// A journal is a directory of append-only segments. Records are staged in memory, and one goroutine writes and fsyncs
// all that is staged at once (group commit): [Journal.AppendSync] returns after the fsync that holds its record, [Journal.Append]
// rides along with the next one and does not wait. A commit begins as soon as somebody waits, at the latest after
// [Options].Interval, and earlier when much is staged. Every start begins a new segment, so nothing that was written before a
// crash is ever written over.
//
//	segment "00000000000000000001.seg", named by its first sequence number, decimal. Integers are little-endian.
//
//	   offset  size
//	        0     8  magic "PLCJRNL1"
//	        8    16  journal id, random
//	       24     8  sequence number of the first record
//	       32     8  sequence number after the last record of the segment before; 0: there was none
//	       40     8  how many records all segments before hold or held
//	       48     8  when the segment was begun, microseconds since the Unix epoch
//	       56     4  CRC-32C of bytes 0 to 55
//	       60        records, one after another
//
//	record:
//
//	        0     4  CRC-32C of bytes 4 to 16+n
//	        4     4  length n of the payload, at most 65536
//	        8     8  sequence number
//	       16     n  payload
//
// # Recovery
//
//	what is found                   what becomes of it
//	a torn tail                     what is whole is kept; no loss: nobody was told that the rest was there
//	a record that does not add up   it is lost; the reader looks for the next intact one, byte by byte
//	a header that does not add up   nothing is lost: the name says where the segment begins, and records carry numbers and sums
//	a segment that is missing       the records between its neighbours are lost; the header behind it says how many. Missing at the
//	                                beginning it was released; missing at the end only the store can tell: [Journal.SkipTo]
//	records behind the end that     left out: they were refused, and may have been sent again
//	the next header states
//	segments of another journal     [Open] fails: two journals are mixed
//
// Each loss is a [Loss] with its place and numbers; none is a panic. The last record written before a crash cannot be
// told from a torn tail when it is damaged. Sequence numbers only grow; they jump at each start, so that records lost with a damaged
// segment never lend their numbers to others.
//
// # A disk that fails
//
// When the disk refuses a write or an fsync, the segment is given up (what the kernel keeps of it is unknown, see Rebello et
// al., "Can Applications Recover from fsync Failures?", 2020), AppendSync fails at once with [ErrUnavailable], and a new segment
// is tried every second until the disk is well. Records that nobody waits for are kept in memory meanwhile, within bounds, and written
// then. The disk that a journal uses is bounded: near the bound records that nobody waits for are dropped and counted, at the
// bound AppendSync fails with [ErrFull]. A segment is deleted only when the store has all of it ([Journal.Release]).
//
// All methods may be called from any goroutine.
package journal
