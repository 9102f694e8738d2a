package main

import "slices"

// scan is the flat scan that the index is compared with, written as well as one would: all rules one after the other in one piece of
// memory, numbers instead of strings, the predicate that is rarest true first, and one look into a bitmap of the request's
// facts for each value.
type scan struct {
	code  []uint32
	rules int
	bits  []uint64
}

// A rule is its number of conjunctions; each is its number of predicates; each is count<<1 | not and the facts.
func newScan(w *workload) *scan {
	s := &scan{rules: len(w.rules)}
	facts := int(w.offset[len(dimensions)]) + len(w.hours)
	s.bits = make([]uint64, (facts+63)/64)
	// How often each fact is true of a request, in a sample.
	freq := make([]float64, facts)
	for _, q := range w.requests {
		for _, f := range q.facts {
			freq[f]++
		}
	}
	chance := func(p predicate) float64 {
		sum := 0.0
		for _, f := range p.facts {
			sum += freq[f] / float64(len(w.requests))
		}
		if p.not {
			return 1 - min(sum, 1)
		}
		return sum
	}
	for _, r := range w.rules {
		s.code = append(s.code, uint32(len(r.conjunctions)))
		for _, c := range r.conjunctions {
			c = slices.Clone(c)
			slices.SortStableFunc(c, func(a, b predicate) int {
				switch x, y := chance(a), chance(b); {
				case x < y:
					return -1
				case x > y:
					return 1
				}
				return 0
			})
			if r.hours >= 0 {
				c = append(c, predicate{facts: []fact{w.offset[len(dimensions)] + fact(r.hours)}})
			}
			at := len(s.code)
			s.code = append(s.code, 0, uint32(len(c))) // where the next conjunction begins
			for _, p := range c {
				op := uint32(len(p.facts)) << 1
				if p.not {
					op |= 1
				}
				s.code = append(s.code, op)
				for _, f := range p.facts {
					s.code = append(s.code, uint32(f))
				}
			}
			s.code[at] = uint32(len(s.code))
		}
	}
	return s
}

// facts are the request's, hours included, resolved beforehand.
func (w *workload) facts(q *request) []fact {
	all := slices.Clone(q.facts)
	for i := range w.hours {
		if holds(w, i, q) {
			all = append(all, w.offset[len(dimensions)]+fact(i))
		}
	}
	return all
}

func (s *scan) appendMatching(dst []uint32, facts []fact) []uint32 {
	for _, f := range facts {
		s.bits[f/64] |= 1 << (f % 64)
	}
	code, bits := s.code, s.bits
	at := uint32(0)
	for r := range s.rules {
		n := code[at]
		at++
		found := false
		for range n {
			next, preds := code[at], code[at+1]
			if found {
				at = next
				continue
			}
			at += 2
			ok := true
			for range preds {
				op := code[at]
				end := at + 1 + op>>1
				hit := uint32(0)
				for k := at + 1; k < end; k++ {
					if f := code[k]; bits[f/64]>>(f%64)&1 != 0 {
						hit = 1
						break
					}
				}
				if hit == op&1 {
					ok = false
					break
				}
				at = end
			}
			found = ok
			at = next
		}
		if found {
			dst = append(dst, uint32(r))
		}
	}
	for _, f := range facts {
		s.bits[f/64] = 0
	}
	return dst
}
