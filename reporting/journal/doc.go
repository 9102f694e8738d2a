// Package journal is the durable log of events: what it acknowledged is on disk.
//
// A journal is a directory of append-only segments. Records are staged in memory, and one goroutine writes and
// fsyncs all that is staged at once (group commit): [Journal.AppendSync] returns after the fsync that holds its record,
// [Journal.Append] rides along with the next one and does not wait. Every start begins a new segment, so nothing that
// was written before a crash is ever written over.
//
//	segment "00000000000000000001.seg", named by its first sequence number, decimal:
//
//	  offset  size
//	       0     8  magic "PLCJRNL1"
//	       8    16  journal id
//	      24     8  sequence number of the first record, little-endian
//	      32     8  sequence number after the last record of the segment before; 0: there was none
//	      40     4  CRC-32C of bytes 0 to 39
//	      44        records
//
//	  record:
//	       0     4  length n of the payload, little-endian
//	       4     4  CRC-32C of the length, the sequence number and the payload
//	       8     8  sequence number
//	      16     n  payload
//
// A reader that meets a damaged record looks for the next intact one; what lies between is lost, counted and named. A
// torn tail is no loss: nobody was told that it was there. Sequence numbers only grow; they jump at each start, so that
// records lost with a damaged segment can never lend their numbers to others.
//
// When the disk refuses a write or an fsync, the segment is given up (what the kernel keeps of it is unknown, see Rebello et
// al., "Can Applications Recover from fsync Failures?", 2020), AppendSync fails at once with [ErrUnavailable], and a new segment
// is tried every second until the disk is well.
//
// All methods may be called from any goroutine.
package journal
