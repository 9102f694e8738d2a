// Package event holds the facts that serving leaves behind, and their encoding in the journal.
//
// An [Event] is made of plain strings and integers: it can be read when the catalog it came from is long gone.
// The encoding is versioned; a reader skips fields that were added after it was written.
//
// A record is
//
//	byte     version, now 1
//	[16]byte request id
//	byte     slot
//	byte     kind
//	uint64   time, microseconds since the Unix epoch, little-endian
//	fields   one after another until the end of the record:
//	         uvarint  field number << 1 | form
//	         form 0:  uvarint value (signed values zig-zag)
//	         form 1:  uvarint length, that many bytes
//
// Fields that are zero or empty are left out. Field numbers are never used again for something else.
//
// Functions here keep no state and may be called from any goroutine; an [Interner] belongs to one.
package event
