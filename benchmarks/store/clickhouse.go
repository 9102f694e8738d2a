package main

import (
	"context"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/placard/placard/reporting/store/clickhouse"
)

const database = "placard_benchmark"

func openClickHouse(dir, address string) (*subject, error) {
	opts := clickhouse.Options{Addresses: []string{address}, Database: database, RollAfter: time.Nanosecond, RollEvery: -1}
	admin := &ch.Options{Addr: opts.Addresses, Protocol: ch.Native}
	s := &subject{}
	stop := func() {}
	if address == "" {
		addr, pid, end, err := startEngine(dir)
		if err != nil {
			return nil, err
		}
		opts.Addresses, opts.HTTP = []string{addr}, true
		admin.Addr, admin.Protocol = opts.Addresses, ch.HTTP
		s.pid, stop = pid, end
	}
	conn, err := ch.Open(admin)
	if err != nil {
		stop()
		return nil, err
	}
	ctx := context.Background()
	if err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+database); err != nil {
		stop()
		return nil, err
	}
	if s.Store, err = clickhouse.Open(opts); err != nil {
		stop()
		return nil, err
	}
	s.compact = func() error {
		for _, table := range []string{"events", "rollup", "batches"} {
			if err := conn.Exec(ctx, "OPTIMIZE TABLE "+database+"."+table+" FINAL"); err != nil {
				return err
			}
		}
		return nil
	}
	s.bytes = func() (all, events int64, err error) {
		err = conn.QueryRow(ctx, "SELECT toInt64(sum(bytes_on_disk)), toInt64(sumIf(bytes_on_disk, table = 'events')) FROM system.parts WHERE active AND database = '"+database+"'").Scan(&all, &events)
		return all, events, err
	}
	s.stop = func() {
		s.Close()
		_ = conn.Close()
		stop()
	}
	return s, nil
}
