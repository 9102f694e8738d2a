// Package configs reads the configuration: a tree of YAML files (or one file) into plain structs, or into a list of everything that
// is wrong with it.
//
// It is strict: unknown keys, duplicate keys and ids, second documents, values of the wrong kind are errors, each named with
// file, line and column, with why, and with the nearest valid name. It knows the shape and the rules of the configuration, not
// how it is served: package catalog compiles it.
//
// [Load] keeps no state and may be called from any goroutine; a [Config] is not changed after it.
package configs
