package beacon

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/placard/placard/reporting/event"
)

// SharedOptions configures [NewShared].
type SharedOptions struct {
	// Redis says how to connect. Required: InitAddress.
	Redis rueidis.ClientOption
	// Instance names this process over its restarts, as its journal's id does: it owns what it claimed. Required.
	Instance string
	// Prefix stands before all keys. "" means "placard:".
	Prefix string
	// Life is how long tokens live at most. Required.
	Life time.Duration
	// ConversionLife is how long click ids are valid at most. 0 means 30 days.
	ConversionLife time.Duration
	// Timeout bounds each question that an event waits for. 0 means 250 ms: several round trips within a data centre.
	Timeout time.Duration
	// Strict refuses events while Redis does not answer. By default they are counted by this instance alone, and made known when Redis is back: a
	// token that is replayed to several instances meanwhile counts once for each of them.
	Strict bool
	// Log receives what went wrong. nil: slog.Default().
	Log *slog.Logger
}

// Shared makes events count once over all instances, by way of a Redis that they share. Nil is a Shared of one instance: nothing is asked.
//
// Each event is a key with one of two values:
//
//	p<instance>  claimed, and on its way to that instance's disk
//	c            counted
//
// A claim that the instance did not live to settle stays: whether the event is on its disk only its journal knows. Until it starts again and
// [Shared.Recover] has looked, others refuse the event rather than count it twice or drop it. Claims are also kept in a set for each
// instance, so that they are found without a look through all keys. Keys expire with the tokens.
//
// A Redis that forgets, as one without persistence does when it restarts, lets events that were counted before count once more on other
// instances: give it an append-only file.
type Shared struct {
	o      SharedOptions
	client atomic.Pointer[rueidis.Client]
	down   atomic.Bool

	mu        sync.Mutex
	queue     []settlement          // guarded by mu
	releasing map[event.ID]struct{} // what is in queue to be released; guarded by mu
	recover   func(event.ID) bool   // what Recover could not do yet, nil otherwise; guarded by mu
	wake      chan struct{}
	stop      context.CancelFunc
	done      chan struct{}

	unshared, refused, lostSettlements atomic.Uint64
}

type settlement struct {
	id      event.ID
	counted bool
}

// maxQueue bounds the settlements that wait for Redis; beyond it events of the outage may count once more elsewhere.
const maxQueue = 1 << 20

// ClaimState is what an instance learns of an event it would count.
type ClaimState uint8

// The states.
const (
	Free      ClaimState = iota // it is the caller's now
	Taken                       // it was counted elsewhere
	Unsettled                   // another instance has it, and it is not known whether it counts
)

// NewShared connects, and if Redis does not answer goes on trying in the background. Close it.
func NewShared(o SharedOptions) *Shared {
	if o.Prefix == "" {
		o.Prefix = "placard:"
	}
	if o.ConversionLife == 0 {
		o.ConversionLife = 30 * 24 * time.Hour
	}
	if o.Timeout == 0 {
		o.Timeout = 250 * time.Millisecond
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Redis.DisableCache = true // each key is asked for once
	ctx, cancel := context.WithCancel(context.Background())
	s := &Shared{o: o, wake: make(chan struct{}, 1), stop: cancel, done: make(chan struct{}), releasing: map[event.ID]struct{}{}}
	s.connect()
	go s.run(ctx)
	return s
}

func (s *Shared) connect() {
	c, err := rueidis.NewClient(s.o.Redis)
	if err != nil {
		s.failed(err)
		return
	}
	s.client.Store(&c)
}

func (s *Shared) failed(err error) {
	if !s.down.Swap(true) {
		does := "events are counted by each instance alone"
		if s.o.Strict {
			does = "events are refused"
		}
		s.o.Log.Error("Redis does not answer; "+does+" until it does", "error", err)
	}
}

var errNoRedis = errors.New("not connected to Redis")

func (s *Shared) do(ctx context.Context, fn func(ctx context.Context, c rueidis.Client) error) error {
	c := s.client.Load()
	if c == nil {
		return errNoRedis
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	if err := fn(ctx, *c); err != nil {
		s.failed(err)
		return err
	}
	if s.down.Swap(false) {
		s.o.Log.Info("Redis answers again")
	}
	return nil
}

func member(id event.ID) string {
	return hex.EncodeToString(id.Request[:]) + "." + strconv.Itoa(int(id.Slot)) + "." + strconv.Itoa(int(id.Kind))
}

func parseMember(m string) (id event.ID, ok bool) {
	f := strings.Split(m, ".")
	if len(f) != 3 {
		return id, false
	}
	raw, err1 := hex.DecodeString(f[0])
	slot, err2 := strconv.ParseUint(f[1], 10, 8)
	kind, err3 := strconv.ParseUint(f[2], 10, 8)
	if err1 != nil || err2 != nil || err3 != nil || len(raw) != 16 {
		return id, false
	}
	return event.ID{Request: [16]byte(raw), Slot: uint8(slot), Kind: event.Kind(kind)}, true
}

func (s *Shared) key(m string) string { return s.o.Prefix + "event:" + m }
func (s *Shared) claims() string      { return s.o.Prefix + "claims:" + s.o.Instance }
func (s *Shared) mine() string        { return "p" + s.o.Instance }

// life is how long a key stays, in seconds: a little longer than what it is for.
func (s *Shared) life(k event.Kind) int64 {
	d := s.o.Life
	if k == event.Conversion {
		d = s.o.ConversionLife
	}
	return int64(d/time.Second) + 60
}

// Claim takes an event for this instance. Who gets it must settle it.
func (s *Shared) Claim(id event.ID) ClaimState {
	if s == nil {
		return Free
	}
	if s.releases(id) {
		// The release of an earlier claim is on its way. It would free the new claim as well, under the hands of who counts.
		s.refused.Add(1)
		return Unsettled
	}
	m := member(id)
	state := Free
	err := s.do(context.Background(), func(ctx context.Context, c rueidis.Client) error {
		// The set first: it must hold every claim there is.
		if err := c.Do(ctx, c.B().Sadd().Key(s.claims()).Member(m).Build()).Error(); err != nil {
			return err
		}
		was, err := c.Do(ctx, c.B().Set().Key(s.key(m)).Value(s.mine()).Nx().Get().ExSeconds(s.life(id.Kind)).Build()).ToString()
		switch {
		case rueidis.IsRedisNil(err):
			return nil
		case err != nil:
			return err
		case was == "c":
			state = Taken
		case was != s.mine(): // a claim of our own was left by a time-out
			state = Unsettled
		default:
			return nil
		}
		// Not ours: it must not stay in the set.
		return c.Do(ctx, c.B().Srem().Key(s.claims()).Member(m).Build()).Error()
	})
	if err != nil && state == Free {
		if s.o.Strict {
			s.refused.Add(1)
			s.put(settlement{id: id}) // it may have been claimed before the answer was lost
			return Unsettled
		}
		s.unshared.Add(1)
	}
	return state
}

// Counted reports whether an event was counted by some instance. While Redis does not answer it was, for all that is known; if Strict, there
// is an error.
func (s *Shared) Counted(id event.ID) (counted bool, err error) {
	if s == nil {
		return false, nil
	}
	err = s.do(context.Background(), func(ctx context.Context, c rueidis.Client) error {
		v, err := c.Do(ctx, c.B().Get().Key(s.key(member(id))).Build()).ToString()
		if err != nil && !rueidis.IsRedisNil(err) {
			return err
		}
		// One on its way to a disk elsewhere was shown all the same.
		counted = err == nil && v != ""
		return nil
	})
	if err == nil {
		return counted, nil
	}
	if s.o.Strict {
		s.refused.Add(1)
		return false, err
	}
	return true, nil
}

// Settle says what became of a claimed event. It does not wait.
func (s *Shared) Settle(id event.ID, counted bool) {
	if s != nil {
		s.put(settlement{id, counted})
	}
}

func (s *Shared) put(st settlement) {
	s.mu.Lock()
	if len(s.queue) < maxQueue {
		s.queue = append(s.queue, st)
		if !st.counted {
			s.releasing[st.id] = struct{}{}
		}
	} else {
		s.lostSettlements.Add(1)
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Shared) releases(id event.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.releasing[id]
	return ok
}

// run sends settlements, connects when there is no connection, and finds out when Redis is back.
func (s *Shared) run(ctx context.Context) {
	defer close(s.done)
	for {
		select {
		case <-ctx.Done():
			_ = s.flush() // what does not arrive is found by Recover
			if c := s.client.Load(); c != nil {
				(*c).Close()
			}
			return
		case <-s.wake:
		case <-time.After(time.Second):
		}
		if err := s.tend(ctx); err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(retryPause):
			}
		}
	}
}

// retryPause is how long after a failure Redis is asked again.
const retryPause = 250 * time.Millisecond

// tend does what there is to do now.
func (s *Shared) tend(ctx context.Context) error {
	if s.client.Load() == nil {
		s.connect()
	}
	if s.Down() {
		if err := s.do(ctx, func(ctx context.Context, c rueidis.Client) error { return c.Do(ctx, c.B().Ping().Build()).Error() }); err != nil {
			return err
		}
	}
	s.mu.Lock()
	counted := s.recover
	s.mu.Unlock()
	if counted != nil {
		if err := s.settleClaims(ctx, counted); err != nil {
			return err
		}
		s.mu.Lock()
		s.recover = nil
		s.mu.Unlock()
	}
	return s.flush()
}

// flushBatch is how many settlements go to Redis together.
const flushBatch = 1000

// flush sends what is queued.
func (s *Shared) flush() error {
	for {
		s.mu.Lock()
		batch := s.queue[:min(len(s.queue), flushBatch)]
		s.mu.Unlock()
		if len(batch) == 0 {
			return nil
		}
		if err := s.do(context.Background(), func(ctx context.Context, c rueidis.Client) error { return s.send(ctx, c, batch) }); err != nil {
			return err
		}
		s.mu.Lock()
		for _, st := range batch {
			if !st.counted {
				delete(s.releasing, st.id)
			}
		}
		s.queue = s.queue[len(batch):]
		if len(s.queue) == 0 {
			s.queue = nil
		}
		s.mu.Unlock()
	}
}

func (s *Shared) send(ctx context.Context, c rueidis.Client, batch []settlement) error {
	cmds := make(rueidis.Commands, 0, 2*len(batch))
	for _, st := range batch {
		m := member(st.id)
		if st.counted {
			cmds = append(cmds, c.B().Set().Key(s.key(m)).Value("c").ExSeconds(s.life(st.id.Kind)).Build())
		} else {
			cmds = append(cmds, s.release(c, m))
		}
		cmds = append(cmds, c.B().Srem().Key(s.claims()).Member(m).Build())
	}
	for _, r := range c.DoMulti(ctx, cmds...) {
		if err := r.Error(); err != nil && !rueidis.IsRedisNil(err) {
			return err
		}
	}
	return nil
}

// release deletes a claim if it is ours.
func (s *Shared) release(c rueidis.Client, m string) rueidis.Completed {
	const script = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`
	return c.B().Eval().Script(script).Numkeys(1).Key(s.key(m)).Arg(s.mine()).Build()
}

// Recover settles what this instance had claimed when it ended, by what its journal holds. Call it once the journal has been read, before
// anything is counted. If Redis does not answer there is an error, and it is done when Redis is back: counted must remember until then, and
// wait for events that are pending, as [Seen.Counted] does.
func (s *Shared) Recover(ctx context.Context, counted func(event.ID) bool) error {
	if s == nil {
		return nil
	}
	if err := s.settleClaims(ctx, counted); err != nil {
		s.mu.Lock()
		s.recover = counted
		s.mu.Unlock()
		return fmt.Errorf("settle claims in Redis: %w", err)
	}
	return nil
}

// settleClaims queues the settlement of all claims of this instance.
func (s *Shared) settleClaims(ctx context.Context, counted func(event.ID) bool) error {
	var claims []string
	err := s.do(ctx, func(ctx context.Context, c rueidis.Client) (err error) {
		claims, err = c.Do(ctx, c.B().Smembers().Key(s.claims()).Build()).AsStrSlice()
		return err
	})
	if err != nil {
		return err
	}
	for _, m := range claims {
		if id, ok := parseMember(m); ok {
			s.put(settlement{id, counted(id)})
		}
	}
	return nil
}

// Salt is for [SaltOptions].Share: the first instance of the day decides.
func (s *Shared) Salt(day int64, own [32]byte) ([32]byte, error) {
	err := s.do(context.Background(), func(ctx context.Context, c rueidis.Client) error {
		key := s.o.Prefix + "salt:" + strconv.FormatInt(day, 10)
		// It outlives its day only as far as clocks differ.
		left := max((day+1)*86400-time.Now().Unix(), 0) + 600
		was, err := c.Do(ctx, c.B().Set().Key(key).Value(hex.EncodeToString(own[:])).Nx().Get().ExSeconds(left).Build()).ToString()
		if rueidis.IsRedisNil(err) {
			return nil
		}
		if err != nil {
			return err
		}
		raw, err := hex.DecodeString(was)
		if err != nil || len(raw) != len(own) {
			return errors.New("the salt in Redis is none")
		}
		copy(own[:], raw)
		return nil
	})
	return own, err
}

// Close sends what is queued, if Redis answers, and disconnects.
func (s *Shared) Close() {
	if s != nil {
		s.stop()
		<-s.done
	}
}

// Down reports whether Redis did not answer the last question.
func (s *Shared) Down() bool { return s != nil && (s.down.Load() || s.client.Load() == nil) }

// WriteMetrics prints the state in the Prometheus text format.
func (s *Shared) WriteMetrics(w io.Writer) {
	if s == nil {
		return
	}
	down := 0
	if s.Down() {
		down = 1
	}
	s.mu.Lock()
	n := len(s.queue)
	s.mu.Unlock()
	fmt.Fprintf(w, "placard_redis_down %d\n", down)
	fmt.Fprintf(w, "placard_redis_settlements_queued %d\n", n)
	fmt.Fprintf(w, "placard_redis_settlements_lost_total %d\n", s.lostSettlements.Load())
	fmt.Fprintf(w, "placard_events_counted_unshared_total %d\n", s.unshared.Load())
	fmt.Fprintf(w, "placard_events_refused_unshared_total %d\n", s.refused.Load())
}
