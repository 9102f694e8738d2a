package main

import (
	"fmt"
	"net"
	"time"

	"github.com/valyala/fasthttp"
)

// floor answers every request with n bytes after reading all of it: what HTTP alone costs.
func floor(n int) error {
	body := make([]byte, n)
	for i := range body {
		body[i] = 'x'
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("listening on", ln.Addr())
	s := &fasthttp.Server{
		Handler: func(ctx *fasthttp.RequestCtx) {
			if len(ctx.PostBody()) == 0 {
				ctx.SetStatusCode(400)
				return
			}
			ctx.SetContentType("application/json; charset=utf-8")
			ctx.Response.SetBodyRaw(body)
		},
		ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		NoDefaultServerHeader: true, ReadBufferSize: 16 << 10, WriteBufferSize: 16 << 10,
	}
	return s.Serve(ln)
}
