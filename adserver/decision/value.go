package decision

// value is what a page is worth: how many slots show each tier, and the sum of scores. Tiers are
// counted in five bits each, 1 to 8 in hi and 9 to 16 in lo, so that two values compare as numbers.
type value struct {
	hi, lo uint64
	score  float64
}

func (v value) plus(c *candidate) value {
	p := uint(c.tier)
	switch {
	case p <= 8:
		v.hi += 1 << ((8 - p) * 5)
	default:
		v.lo += 1 << ((16 - p) * 5)
	}
	v.score += c.score
	return v
}

// scoreNoise is what sums of scores in different orders may differ by.
const scoreNoise = 1e-9

// less reports whether o is worth more than v: a tier counts more than all below it together.
func (v value) less(o value) bool {
	if v.hi != o.hi {
		return v.hi < o.hi
	}
	if v.lo != o.lo {
		return v.lo < o.lo
	}
	return v.score < o.score-scoreNoise
}
