package configs

import "github.com/placard/placard/targeting"

// crossCheck looks at what no single file shows.
func (l *loader) crossCheck() {
	known := map[string]bool{}
	ids := make([]string, 0, len(l.cfg.Advertisers))
	for _, a := range l.cfg.Advertisers {
		known[a.ID] = true
		ids = append(ids, a.ID)
	}
	for _, u := range l.cfg.Users {
		if u.Advertiser != "" && !known[u.Advertiser] {
			l.problems = append(l.problems, Problem{Pos: u.Pos, Message: "the user " + u.Name + " belongs to an advertiser that does not exist: " + u.Advertiser + nearest(u.Advertiser, ids)})
		}
	}
	if len(l.cfg.Sites) == 0 && len(l.problems) == 0 {
		l.problems = append(l.problems, Problem{Pos: Pos{File: "."}, Message: "there is no site: a file with site, domains and placements is needed"})
	}
	l.sponsorships()
	l.reachablePlacements()
}

// sponsorships that take more than all of a placement at one time cannot all be kept.
func (l *loader) sponsorships() {
	type booked struct {
		li  *LineItem
		who string
	}
	byPlacement := map[string][]booked{}
	for i := range l.cfg.Advertisers {
		a := &l.cfg.Advertisers[i]
		for j := range a.Campaigns {
			for k := range a.Campaigns[j].LineItems {
				li := &a.Campaigns[j].LineItems[k]
				if li.GoalPercent == 0 || onlyPlacement(li) == nil {
					continue
				}
				for _, p := range li.Placements {
					byPlacement[p] = append(byPlacement[p], booked{li, a.ID + "/" + li.ID})
				}
			}
		}
	}
	for p, list := range byPlacement {
		for i, b := range list {
			// The share at the instant this one starts: overlaps change nowhere else upwards.
			total, others := 0.0, ""
			for j, o := range list {
				if !o.li.Start.After(b.li.Start) && o.li.End.After(b.li.Start) {
					total += o.li.GoalPercent
					if j != i {
						others = o.who
					}
				}
			}
			if total > 100 {
				l.problems = append(l.problems, Problem{Pos: b.li.Pos, Message: "the sponsorships of the placement " + p + " add up to more than 100 % from " +
					b.li.Start.Format("2006-01-02") + " on, together with " + others})
			}
		}
	}
}

// onlyPlacement returns the placements of a line item that targets nothing else, nil otherwise: only those certainly collide.
func onlyPlacement(li *LineItem) []string {
	if all, ok := li.Target.(targeting.All); !ok || len(all) != 1 {
		return nil
	}
	return li.Placements
}

// reachablePlacements warns about creatives that no targeted placement has room for.
func (l *loader) reachablePlacements() {
	sizes := map[string]map[Size]bool{}
	for _, s := range l.cfg.Sites {
		for _, p := range s.Placements {
			if sizes[p.ID] == nil {
				sizes[p.ID] = map[Size]bool{}
			}
			for _, z := range p.Sizes {
				sizes[p.ID][z] = true
			}
		}
	}
	for _, a := range l.cfg.Advertisers {
		for _, c := range a.Campaigns {
			for _, li := range c.LineItems {
				if len(li.Placements) == 0 {
					continue
				}
				for _, cr := range li.Creatives {
					fits := cr.Type == "native"
					for _, p := range li.Placements {
						fits = fits || sizes[p][cr.Size]
					}
					if !fits && cr.Size.W > 0 {
						l.problems = append(l.problems, Problem{Pos: cr.Pos, Warning: true,
							Message: "none of the placements that " + li.ID + " targets takes the size of the creative " + cr.ID})
					}
				}
			}
		}
	}
}
