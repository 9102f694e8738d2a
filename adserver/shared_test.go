package adserver_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/journal/vfs"
)

// redisServer is a real Redis on a port of the loopback. It can be stopped, hung and started again.
type redisServer struct {
	t    *testing.T
	addr string
	dir  string
	cmd  *exec.Cmd
}

// newRedis takes a free port for a Redis that is not started yet.
func newRedis(t *testing.T) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("redis-server is missing: install it with `make deps` or `apt-get install redis-server`")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	r := &redisServer{t: t, addr: ln.Addr().String(), dir: t.TempDir()}
	t.Cleanup(r.kill)
	return r
}

// start runs it, with nothing of what it knew before, and waits until it answers.
func (r *redisServer) start() {
	r.t.Helper()
	_, port, err := net.SplitHostPort(r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.cmd = exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", r.dir, "--logfile", "redis.log")
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	await(r.t, "redis-server on "+r.addr, func() bool {
		c, err := net.Dial("tcp", r.addr)
		if err != nil {
			return false
		}
		defer c.Close()
		if _, err := c.Write([]byte("PING\r\n")); err != nil {
			return false
		}
		b := make([]byte, 5)
		_, err = c.Read(b)
		return err == nil && string(b) == "+PONG"
	})
}

func (r *redisServer) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

func (r *redisServer) kill() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill() // works on a stopped process too
		_ = r.cmd.Wait()
		r.cmd = nil
	}
}

// await looks until something outside of this process is so.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long: %s", what)
		}
	}
}

// instance is one of several engines that share a Redis.
type instance struct {
	*fixture
	shared *beacon.Shared
}

// cluster is what all instances have in common.
type cluster struct {
	t      *testing.T
	redis  *redisServer
	strict bool
	keys   []beacon.Key
	clock  *clock
	signer *beacon.Signer
	sample beacon.Payload
	next   uint64
}

func newCluster(t *testing.T, strict bool) *cluster {
	t.Helper()
	c := &cluster{t: t, redis: newRedis(t), strict: strict, keys: []beacon.Key{beacon.NewKey(1)}, clock: newClock()}
	var err error
	if c.signer, err = beacon.NewSigner(c.keys); err != nil {
		t.Fatal(err)
	}
	c.sample = beacon.Payload{
		Issued: noon.Unix(), Expires: noon.Add(4 * time.Hour).Unix(), Site: "news", Placement: "top", Page: "https://news.example/world/talks",
		Advertiser: "northwind", Campaign: "winter", LineItem: "skies", Creative: "blue", Type: "standard", Price: 3_200_000, ImpressionCharge: 3200,
	}
	return c
}

// join starts an instance, as its restart if the disk is of an earlier one.
func (c *cluster) join(name string, disk *vfs.Crash) *instance {
	c.t.Helper()
	if disk == nil {
		disk = vfs.NewCrash()
	}
	i := &instance{shared: c.share(name)}
	i.fixture = start(c.t, disk, c.keys, c.clock, func(o *adserver.Options) {
		o.Shared, o.ClickLimits = i.shared, []beacon.ClickLimit{}
	})
	return i
}

func (c *cluster) share(name string) *beacon.Shared {
	s := beacon.NewShared(beacon.SharedOptions{
		Redis: rueidis.ClientOption{InitAddress: []string{c.redis.addr}}, Instance: name, Life: 4 * time.Hour, Strict: c.strict, Log: slog.New(slog.DiscardHandler),
		Timeout: time.Second, // so that a busy machine is not taken for an outage
	})
	c.t.Cleanup(s.Close)
	return s
}

// token is one that nobody has seen, with the id of its impression.
func (c *cluster) token() (string, event.ID) {
	p := c.sample
	c.next++
	binary.BigEndian.PutUint64(p.Request[8:], c.next)
	return string(c.signer.AppendToken(nil, &p)), event.ID{Request: p.Request, Slot: p.Slot, Kind: event.Impression}
}

// report sends an event until it is answered, as a client that tries again does, and says whether it counted.
func (c *cluster) report(i *instance, kind event.Kind, token string) (counted bool) {
	for deadline := time.Now().Add(20 * time.Second); ; {
		res := i.beacon(kind, token)
		if res.Err == nil {
			return res.Counted
		}
		if !errors.Is(res.Err, adserver.ErrNotDurable) || time.Now().After(deadline) {
			c.t.Error(res.Err)
			return false
		}
	}
}

// valid counts the valid billable events in journals by their ids.
func valid(is ...*instance) map[event.ID]int {
	out := map[event.ID]int{}
	for _, i := range is {
		for _, e := range i.events() {
			if e.Kind.Billable() && e.Valid() {
				out[e.ID]++
			}
		}
	}
	return out
}

func TestInstancesCountEachKindOnce(t *testing.T) {
	t.Parallel()
	c := newCluster(t, true)
	c.redis.start()
	a, b := c.join("a", nil), c.join("b", nil)
	const tokens = 60
	for range tokens {
		tok, _ := c.token()
		for _, kind := range []event.Kind{event.Impression, event.Viewable, event.Click} {
			var counted atomic.Int32
			var wg sync.WaitGroup
			for n := range 6 {
				wg.Go(func() {
					if c.report([]*instance{a, b}[n%2], kind, tok) {
						counted.Add(1)
					}
				})
			}
			wg.Wait()
			if counted.Load() != 1 {
				t.Fatalf("%s counted %d times over two instances", kind, counted.Load())
			}
		}
	}
	got := valid(a, b)
	if len(got) != 3*tokens {
		t.Errorf("%d events in the journals, want %d", len(got), 3*tokens)
	}
	for id, n := range got {
		if n != 1 {
			t.Errorf("%v is in the journals %d times", id, n)
		}
	}
	if x, y := len(valid(a)), len(valid(b)); x == 0 || y == 0 {
		t.Errorf("one instance counted all: %d and %d", x, y)
	}
}

// TestRestartSettlesClaims ends an instance that had claimed two events: one reached its disk, one did not.
func TestRestartSettlesClaims(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("redis answers late: %v", late), func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, true)
			c.redis.start()
			kept, keptID := c.token()
			lost, lostID := c.token()
			// The process dies between its disk and the settlement.
			dead := start(t, vfs.NewCrash(), c.keys, c.clock)
			if res := dead.beacon(event.Impression, kept); !res.Counted {
				t.Fatalf("%+v", res)
			}
			claims := c.share("a")
			for _, id := range []event.ID{keptID, lostID} {
				if got := claims.Claim(id); got != beacon.Free {
					t.Fatalf("claim: %v", got)
				}
			}
			claims.Close()
			b := c.join("b", nil)
			for _, tok := range []string{kept, lost} {
				if res := b.beacon(event.Impression, tok); !errors.Is(res.Err, adserver.ErrNotDurable) {
					t.Errorf("what another instance has claimed and not settled: %+v", res)
				}
			}
			if late {
				c.redis.signal(syscall.SIGSTOP)
			}
			a := c.join("a", dead.disk.AfterCut(vfs.Lose))
			if err := a.shared.Recover(context.Background(), a.engine.Remembers); late != (err != nil) {
				t.Fatalf("recover: %v", err)
			}
			if late {
				c.redis.signal(syscall.SIGCONT)
			}
			if c.report(b, event.Impression, kept) {
				t.Error("what is on a's disk counts again on b")
			}
			if !c.report(b, event.Impression, lost) {
				t.Error("what a did not keep does not count on b")
			}
			if c.report(a, event.Impression, lost) || c.report(a, event.Impression, kept) {
				t.Error("after its restart a counts what was counted")
			}
		})
	}
}

// TestRedisDownAtStart counts alone until there is a Redis, under load all the time.
func TestRedisDownAtStart(t *testing.T) {
	t.Parallel()
	c := newCluster(t, false)
	a, b := c.join("a", nil), c.join("b", nil)
	tok, _ := c.token()
	if res := a.beacon(event.Impression, tok); !res.Counted {
		t.Fatalf("without Redis: %+v", res)
	}
	if !a.shared.Down() {
		t.Error("it is not down")
	}
	loaded := make([]string, 500)
	for n := range loaded {
		loaded[n], _ = c.token()
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
				a.beacon(event.Impression, loaded[n%len(loaded)])
				a.shared.Settle(event.ID{Slot: 9}, true) // there is always something to say
			}
		}
	})
	c.redis.start()
	await(t, "both instances find Redis", func() bool { return !a.shared.Down() && !b.shared.Down() })
	close(stop)
	wg.Wait()
	// What a counted alone becomes known.
	watch := c.share("c")
	await(t, "what was counted alone is made known", func() bool {
		_, id, _ := c.parse(tok)
		got, err := watch.Counted(id)
		return err == nil && got
	})
	if c.report(b, event.Impression, tok) {
		t.Error("counted alone before, and again elsewhere once Redis is back")
	}
	if res := b.beacon(event.Viewable, tok); !res.Counted {
		t.Errorf("seen on a, viewed on b: %+v", res)
	}
}

func (c *cluster) parse(token string) (p beacon.Payload, id event.ID, err error) {
	err = c.signer.Verify([]byte(token), c.clock.now(), &p)
	return p, event.ID{Request: p.Request, Slot: p.Slot, Kind: event.Impression}, err
}

func TestRedisGoesAndComesBack(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		t.Run(fmt.Sprintf("strict: %v", strict), func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, strict)
			c.redis.start()
			a, b := c.join("a", nil), c.join("b", nil)
			before, _ := c.token()
			if !c.report(a, event.Impression, before) {
				t.Fatal("with Redis nothing counts")
			}
			c.redis.kill()
			during, _ := c.token()
			for _, i := range []*instance{a, b} {
				res := i.beacon(event.Impression, during)
				if strict && (res.Counted || !errors.Is(res.Err, adserver.ErrNotDurable)) || !strict && !res.Counted {
					t.Errorf("impression while Redis is down: %+v", res)
				}
			}
			// b cannot know that a showed it. It must not record a reader's view as invalid for that.
			res := b.beacon(event.Viewable, before)
			if strict && !errors.Is(res.Err, adserver.ErrNotDurable) || !strict && !res.Counted {
				t.Errorf("view while Redis is down: %+v", res)
			}
			if click := b.beacon(event.Click, before); click.Destination == "" {
				t.Error("the reader does not get where the click leads")
			}
			for _, e := range b.events() {
				if e.Invalid != "" {
					t.Errorf("%s recorded as %s", e.Kind, e.Invalid)
				}
			}
			c.redis.start()
			await(t, "both instances find Redis", func() bool { return !a.shared.Down() && !b.shared.Down() })
			if got := c.report(a, event.Impression, during); got != strict {
				t.Errorf("the event of the outage, tried again: counted %v", got)
			}
			if c.report(b, event.Impression, during) {
				t.Error("the event of the outage counts once more elsewhere")
			}
			after, _ := c.token()
			if !c.report(a, event.Impression, after) || c.report(b, event.Impression, after) {
				t.Error("after the outage an event does not count exactly once")
			}
		})
	}
}

// TestRedisHangs stops Redis without closing its connections: claims may arrive after they were given up.
func TestRedisHangs(t *testing.T) {
	t.Parallel()
	c := newCluster(t, true)
	c.redis.start()
	a, b := c.join("a", nil), c.join("b", nil)
	tok, _ := c.token()
	c.redis.signal(syscall.SIGSTOP)
	begin := time.Now()
	if res := a.beacon(event.Impression, tok); !errors.Is(res.Err, adserver.ErrNotDurable) {
		t.Errorf("while Redis hangs: %+v", res)
	}
	if d := time.Since(begin); d > 10*time.Second {
		t.Errorf("an event waited for %s", d)
	}
	// Until the release of that claim has arrived, a must not claim it anew: the release would free it for others.
	_, id, _ := c.parse(tok)
	if got := a.shared.Claim(id); got != beacon.Unsettled {
		t.Errorf("claimed while its release is on its way: %v", got)
	}
	c.redis.signal(syscall.SIGCONT)
	var counted atomic.Int32
	var wg sync.WaitGroup
	for _, i := range []*instance{a, b, a, b} {
		wg.Go(func() {
			if c.report(i, event.Impression, tok) {
				counted.Add(1)
			}
		})
	}
	wg.Wait()
	if counted.Load() != 1 || valid(a, b)[id] != 1 {
		t.Errorf("counted %d times, %d in the journals", counted.Load(), valid(a, b)[id])
	}
}

// panics is a journal that panics once, before or after it keeps the record.
type panics struct {
	adserver.Journal
	keep bool
	once sync.Once
}

func (p *panics) AppendSync(rec []byte) (err error) {
	p.once.Do(func() {
		if p.keep {
			_ = p.Journal.AppendSync(rec)
		}
		panic("disk driver")
	})
	return p.Journal.AppendSync(rec)
}

// TestPanicSettlesTheClaim has the journal panic under an event: others who report it must get an answer, and it must not count twice.
func TestPanicSettlesTheClaim(t *testing.T) {
	for _, keep := range []bool{false, true} {
		f := start(t, nil, nil, nil, func(o *adserver.Options) { o.Journal = &panics{Journal: o.Journal, keep: keep} })
		tok := token(f.serve(page("top")).Slots[0].ImpressionURL)
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			f.beacon(event.Impression, tok)
		}()
		answered := make(chan adserver.BeaconResult, 1)
		go func() { answered <- f.beacon(event.Impression, tok) }()
		select {
		case res := <-answered:
			if res.Err != nil || res.Counted {
				t.Errorf("kept %v: the next report: %+v", keep, res)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the event is pending for ever")
		}
		n := 0
		for _, e := range f.of(event.Impression) {
			if e.Valid() {
				n++
			}
		}
		if keep != (n == 1) || n > 1 {
			t.Errorf("kept %v: %d valid impressions in the journal", keep, n)
		}
	}
}
