// Package engraving answers one question: how does a newspaper illustrate a story without a photograph?
// It draws small scenes the way a banknote is engraved: horizontal lines that swell where the scene is
// dark. It refuses colour, outlines and anything a line cannot say.
//
// The dark variant is not the light one inverted. It is drawn again with pale lines that swell where the
// scene is bright, as on scraperboard, so that a lamp stays a lamp at night.
//
// Drawing is deterministic and keeps no state; any number of goroutines may draw at once.
package engraving
