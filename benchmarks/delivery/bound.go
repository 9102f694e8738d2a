package main

import (
	"fmt"
	"slices"

	"github.com/placard/placard/targeting"
)

// supplyOf groups what a trace really brought: slots that rendered, by who could have had them.
type supplyOf struct {
	keys  map[string]int
	items [][]targeting.Ordinal
	slots []int64
}

func newSupply() *supplyOf { return &supplyOf{keys: map[string]int{}} }

func (s *supplyOf) add(items []targeting.Ordinal, n int64) {
	if len(items) == 0 || n == 0 {
		return
	}
	k := fmt.Sprint(items)
	i, ok := s.keys[k]
	if !ok {
		i = len(s.items)
		s.keys[k] = i
		s.items = append(s.items, items)
		s.slots = append(s.slots, 0)
	}
	s.slots[i] += n
}

// flow is Dinic's maximum flow (1970) from cells to line items.
type flow struct {
	head, next, to []int32
	room           []int64
	level, iter    []int32
	queue          []int32
}

func newFlow(nodes int) *flow {
	f := &flow{head: make([]int32, nodes), level: make([]int32, nodes), iter: make([]int32, nodes)}
	for i := range f.head {
		f.head[i] = -1
	}
	return f
}

func (f *flow) edge(from, to int, room int64) int {
	for _, e := range [2][3]int64{{int64(from), int64(to), room}, {int64(to), int64(from), 0}} {
		f.next = append(f.next, f.head[e[0]])
		f.head[e[0]] = int32(len(f.to))
		f.to = append(f.to, int32(e[1]))
		f.room = append(f.room, e[2])
	}
	return len(f.to) - 2
}

func (f *flow) layers(s, t int) bool {
	for i := range f.level {
		f.level[i] = -1
	}
	f.queue = append(f.queue[:0], int32(s))
	f.level[s] = 0
	for i := 0; i < len(f.queue); i++ {
		v := f.queue[i]
		for e := f.head[v]; e >= 0; e = f.next[e] {
			if f.room[e] > 0 && f.level[f.to[e]] < 0 {
				f.level[f.to[e]] = f.level[v] + 1
				f.queue = append(f.queue, f.to[e])
			}
		}
	}
	return f.level[t] >= 0
}

func (f *flow) push(v, t int, most int64) int64 {
	if v == t {
		return most
	}
	for ; f.iter[v] >= 0; f.iter[v] = f.next[f.iter[v]] {
		e := f.iter[v]
		if f.room[e] > 0 && f.level[v] < f.level[f.to[e]] {
			if n := f.push(int(f.to[e]), t, min(most, f.room[e])); n > 0 {
				f.room[e] -= n
				f.room[e^1] += n
				return n
			}
		}
	}
	return 0
}

func (f *flow) max(s, t int) (total int64) {
	for f.layers(s, t) {
		copy(f.iter, f.head)
		for {
			n := f.push(s, t, 1<<60)
			if n == 0 {
				break
			}
			total += n
		}
	}
	return total
}

// network has a source, the cells, the line items, and a sink; line items have no room towards the sink yet.
func (s *supplyOf) network(lineItems int) (f *flow, sinks []int, source, sink int) {
	f = newFlow(len(s.items) + lineItems + 2)
	source, sink = len(s.items)+lineItems, len(s.items)+lineItems+1
	for i, items := range s.items {
		f.edge(source, i, s.slots[i])
		for _, o := range items {
			f.edge(i, len(s.items)+int(o), s.slots[i])
		}
	}
	sinks = make([]int, lineItems)
	for o := range sinks {
		sinks[o] = f.edge(len(s.items)+o, sink, 0)
	}
	return f, sinks, source, sink
}

// most is the largest number of slots that anybody who knew the whole trace could have given to the goals. It leaves out that a page
// shows a line item once: the true optimum is not above it.
func (s *supplyOf) most(goals []int64) int64 {
	f, sinks, source, sink := s.network(len(goals))
	for o, e := range sinks {
		f.room[e] = goals[o]
	}
	return f.max(source, sink)
}

// pagesOf groups page requests whose unsold, rendered slots could be filled by the same line items.
type pagesOf struct {
	keys  map[string]int
	slots [][][]targeting.Ordinal // of each group: who could have had each slot
	pages []int64
}

func newPages() *pagesOf { return &pagesOf{keys: map[string]int{}} }

func (p *pagesOf) add(slots [][]targeting.Ordinal, n int64) {
	k := fmt.Sprint(slots)
	i, ok := p.keys[k]
	if !ok {
		i = len(p.pages)
		p.keys[k] = i
		p.slots = append(p.slots, slots)
		p.pages = append(p.pages, 0)
	}
	p.pages[i] += n
}

// dearest is the highest revenue that the pages allow, each line item standing once on a page and paying its price up to its limit: line
// items in order of price, each given all it can get without taking from those before it. As a line item pays the same everywhere, that is
// the optimum (the sets of slots that can be served together form a matroid). Within a group of n pages a line item has room for n
// impressions, and any flow that keeps to that can be laid out on the pages (König, 1916).
func (p *pagesOf) dearest(price, limit []int64) int64 {
	nodes := len(price) + 2
	for _, slots := range p.slots {
		nodes += len(slots)
		for range once(slots) {
			nodes++
		}
	}
	f := newFlow(nodes)
	source, sink := len(price), len(price)+1
	at := len(price) + 2
	for g, slots := range p.slots {
		n := p.pages[g]
		first := at
		at += len(slots)
		for i := range slots {
			f.edge(source, first+i, n)
		}
		for _, o := range once(slots) {
			f.edge(at, int(o), n)
			for i := range slots {
				if slices.Contains(slots[i], o) {
					f.edge(first+i, at, n)
				}
			}
			at++
		}
	}
	sinks := make([]int, len(price))
	order := make([]int, len(price))
	for o := range sinks {
		sinks[o], order[o] = f.edge(o, sink, 0), o
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(price[b] - price[a]) })
	total := int64(0)
	for _, o := range order {
		if price[o] > 0 && limit[o] > 0 {
			f.room[sinks[o]] = limit[o]
			total += f.max(source, sink) * price[o]
		}
	}
	return total
}

// once lists the line items of a page's slots, each once.
func once(slots [][]targeting.Ordinal) []targeting.Ordinal {
	var out []targeting.Ordinal
	for _, s := range slots {
		out = append(out, s...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
