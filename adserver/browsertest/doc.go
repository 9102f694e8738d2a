// Package browsertest runs scenarios in a real browser: Chromium, driven by playwright-core under node. A scenario file is a
// module whose default export registers scenarios; each becomes a subtest. `make deps` installs what it needs.
//
// It is empty without the build tag browser.
package browsertest
