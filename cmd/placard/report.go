package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/placard/placard/configs"
	"github.com/placard/placard/reporting/journal"
	"github.com/placard/placard/reporting/report"
)

type reportCmd struct {
	Data    string   `placeholder:"DIR" help:"Data directory. A server that runs on it is asked; otherwise the store is opened. Default: the configuration's, or placard-data."`
	Config  string   `placeholder:"PATH" help:"Configuration: needed when the store is ClickHouse and no server runs here."`
	From    string   `default:"-7d" help:"First day or instant: 2026-11-01, 2026-11-01T08:00:00Z, -7d, today."`
	To      string   `default:"now" help:"End, exclusive: like --from, or now."`
	By      []string `help:"Dimensions, such as line_item,day."`
	Metrics []string `help:"Metrics, such as impressions,clicks,ctr. Default: all."`
	Filter  []string `sep:"none" help:"Rows to keep: country:PK,AE or !device:phone. May be repeated."`
	Sort    []string `help:"Keys to sort by, with - in front for descending."`
	Limit   int      `help:"Rows at the most."`
	Offset  int      `help:"Rows to leave out at the beginning."`
	TZ      string   `name:"tz" default:"UTC" help:"Time zone of days and hours, such as Asia/Karachi."`
	Format  string   `enum:"table,json,csv" default:"table" help:"table, json or csv."`
}

func (c reportCmd) Run(e *env) error {
	data := c.Data
	server := configs.Server{}
	if c.Config != "" {
		cfg, err := loadServerConfig(e, c.Config)
		if err != nil {
			return err
		}
		server = cfg.Server
		if data == "" {
			data = server.Data
		}
	}
	if data == "" {
		data = "placard-data"
	}
	server.Data = data
	if _, err := os.Stat(data); err != nil {
		return fmt.Errorf("the data directory %s cannot be read: %w; name another with --data", data, plainError(err))
	}
	v := c.values()
	if _, err := report.Parse(v, time.UTC, time.Now()); err != nil {
		return err // the same words, without a store
	}
	lock, err := lockData(data)
	switch {
	case errors.Is(err, errInUse):
		return askServer(e.ctx, data, "/api/v1/reports?"+v.Encode(), e.stdout)
	case err != nil:
		return err
	}
	defer lock.release()
	return c.fromStore(e, server, v)
}

// values are the command's flags in the query language.
func (c reportCmd) values() url.Values {
	v := url.Values{"from": {c.From}, "to": {c.To}, "by": c.By, "metrics": c.Metrics, "filter": c.Filter, "sort": c.Sort, "format": {c.Format}, "tz": {c.TZ}}
	if c.Limit != 0 {
		v.Set("limit", strconv.Itoa(c.Limit))
	}
	if c.Offset != 0 {
		v.Set("offset", strconv.Itoa(c.Offset))
	}
	return v
}

// fromStore opens the store itself. What a killed server left in the journal is shipped first.
func (c reportCmd) fromStore(e *env, server configs.Server, v url.Values) error {
	q, err := report.Parse(v, time.UTC, time.Now())
	if err != nil {
		return err
	}
	q.Scope = report.AllTenants()
	log := slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	st, _, err := openStore(server, nil, log)
	if err != nil {
		return err
	}
	defer st.Close()
	dir := filepath.Join(server.Data, "journal")
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		j, _, err := journal.Open(journal.Options{Dir: dir})
		if err != nil {
			return fmt.Errorf("the journal in %s cannot be opened: %w", dir, err)
		}
		defer func() { _ = j.Close() }() // what it held is in the store
		if err := journal.NewShipper(journal.ShipperOptions{Journal: j, Sink: st, Log: log}).Flush(e.ctx); err != nil {
			return err
		}
	}
	res, err := st.Query(e.ctx, q)
	if err != nil {
		return err
	}
	return res.Write(e.stdout, c.Format)
}

// askServer reads from the server that runs on the data directory.
func askServer(ctx context.Context, data, path string, w io.Writer) error {
	return callServer(ctx, data, http.MethodGet, path, nil, w)
}

// callServer calls the server that runs on the data directory, through its socket.
func callServer(ctx context.Context, data, method, path string, body []byte, w io.Writer) error {
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socketPath(data))
		},
	}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "http://placard"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the running server: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("a server runs on %s but does not answer on its socket yet: %w", data, plainError(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		var e struct {
			Error struct{ Field, Message string } `json:"error"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&e); err != nil || e.Error.Message == "" {
			return fmt.Errorf("the running server answered %s", resp.Status)
		}
		if e.Error.Field != "" {
			return fmt.Errorf("%s: %s", e.Error.Field, e.Error.Message)
		}
		return errors.New(e.Error.Message)
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("read the running server's answer: %w", err)
	}
	return nil
}
