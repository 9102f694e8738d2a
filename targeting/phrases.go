package targeting

// phraseSet finds which of many phrases occur in a text, in one pass: a trie over words. A phrase is looked for from
// each word on, so a text costs a look-up per word, and more only where phrases begin.
type phraseSet struct {
	root phraseNode
}

type phraseNode struct {
	next       map[string]*phraseNode
	everywhere Term // of the phrase that ends here, if has
	title      Term // of the same phrase looked for in titles alone
	has, hasT  bool
}

func (s *phraseSet) add(ws []string, titleOnly bool, newTerm func() Term) Term {
	n := &s.root
	for _, w := range ws {
		c := n.next[w]
		if c == nil {
			c = &phraseNode{}
			if n.next == nil {
				n.next = map[string]*phraseNode{}
			}
			n.next[w] = c
		}
		n = c
	}
	if titleOnly {
		if !n.hasT {
			n.title, n.hasT = newTerm(), true
		}
		return n.title
	}
	if !n.has {
		n.everywhere, n.has = newTerm(), true
	}
	return n.everywhere
}

func (s *phraseSet) appendFound(dst []Term, ws []string, inTitle bool) []Term {
	for i := range ws {
		n := &s.root
		for _, w := range ws[i:] {
			if n = n.next[w]; n == nil {
				break
			}
			if n.has {
				dst = append(dst, n.everywhere)
			}
			if inTitle && n.hasT {
				dst = append(dst, n.title)
			}
		}
	}
	return dst
}
