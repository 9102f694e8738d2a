// Package httpapi speaks HTTP for the ad server: the v1 contract, event URLs, assets, the tag, health
// and metrics, on fasthttp with every limit set.
//
// It decides nothing. It reads a request into an adserver.Request, hands it to the engine and writes what
// comes back. Pages that people read (reports, ops) are other handlers mounted beside it.
//
// A [Server] serves any number of connections; its methods may be called from any goroutine.
package httpapi
