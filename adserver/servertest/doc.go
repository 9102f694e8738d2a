// Package servertest starts a whole ad server for tests: a catalog from files, a real journal in a temporary
// directory, the engine and its HTTP side on a port of its own. Nothing in it is a stand-in for a part of the product.
package servertest
