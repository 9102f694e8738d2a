package visitor

// automaton finds which of a fixed set of byte strings occur in a text, in one pass over it: Aho and
// Corasick (1975), with the failure links folded into a dense table. Bytes that no string uses share one class, so
// a row has about 80 columns instead of 256.
type automaton struct {
	class   [256]uint8
	classes int
	next    []uint32  // state*classes + class -> state
	out     [][]int32 // of each state: the strings that end here, shortest last
}

func newAutomaton(literals []string) *automaton {
	a := &automaton{classes: 1} // class 0: every byte in no literal
	states := 1
	for _, s := range literals {
		states += len(s)
		for i := range len(s) {
			if a.class[s[i]] == 0 {
				a.class[s[i]] = uint8(a.classes)
				a.classes++
			}
		}
	}
	a.next = make([]uint32, a.classes, states*a.classes)
	a.out = make([][]int32, 1, states)
	for n, s := range literals {
		st := uint32(0)
		for i := range len(s) {
			at := int(st)*a.classes + int(a.class[s[i]])
			if a.next[at] == 0 {
				a.next[at] = uint32(len(a.out))
				a.next = append(a.next, make([]uint32, a.classes)...)
				a.out = append(a.out, nil)
			}
			st = a.next[at]
		}
		a.out[st] = append(a.out[st], int32(n))
	}
	// Breadth first: a state's failure state is nearer to the root and therefore complete.
	fail := make([]uint32, len(a.out))
	queue := make([]uint32, 0, len(a.out))
	for c := range a.classes {
		if st := a.next[c]; st != 0 {
			queue = append(queue, st)
		}
	}
	for len(queue) > 0 {
		st := queue[0]
		queue = queue[1:]
		f := fail[st]
		a.out[st] = append(a.out[st], a.out[f]...)
		for c := range a.classes {
			at := int(st)*a.classes + c
			to := a.next[int(f)*a.classes+c]
			if a.next[at] == 0 {
				a.next[at] = to
				continue
			}
			fail[a.next[at]] = to
			queue = append(queue, a.next[at])
		}
	}
	return a
}

// each calls f with every literal found and the position after it, until f returns false.
func (a *automaton) each(text []byte, f func(literal int32, end int) bool) {
	st := uint32(0)
	for i, b := range text {
		st = a.next[int(st)*a.classes+int(a.class[b])]
		for _, n := range a.out[st] {
			if !f(n, i+1) {
				return
			}
		}
	}
}
