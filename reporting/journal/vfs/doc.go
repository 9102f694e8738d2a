// Package vfs is the file system under the journal: a directory of the operating system, and one that crashes.
//
// [Dir] is what a server uses. [Crash] keeps files in memory, remembers what was made durable and what was not, fails when it is
// told to, and can say what a disk would hold had the power gone after any of the operations it saw: the journal's promises
// are tested on it. It refuses to be a general file system: files are created, appended to, read and removed; nothing is renamed.
//
// A Dir and a Crash may be used by any number of goroutines; a [File] belongs to one.
package vfs
