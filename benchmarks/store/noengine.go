//go:build !engine

package main

import "errors"

func becomeEngine() {}

func startEngine(string) (addr string, pid int, stop func(), err error) {
	return "", 0, nil, errors.New("this binary has no ClickHouse engine: build with -tags engine, or give --address")
}
