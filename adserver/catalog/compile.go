package catalog

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	_ "image/gif"  // sizes of assets
	_ "image/jpeg" // sizes of assets
	_ "image/png"  // sizes of assets
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	_ "golang.org/x/image/webp" // sizes of assets

	"github.com/placard/placard/configs"
	"github.com/placard/placard/targeting"
)

// Compile turns a configuration without errors into a catalog. Its only errors are of assets that changed since they were checked.
func Compile(cfg *configs.Config) (*Catalog, error) {
	c := &Catalog{
		Revision: cfg.Revision, Currency: cfg.Server.Currency, Assets: map[string]Asset{}, Bundles: map[string]map[string]Asset{},
		siteByID: map[string]int32{}, siteByDomain: map[string]int32{}, placementByID: map[[2]string]int32{},
		creativeByKey: map[CreativeKey]int32{}, lineItemByKey: map[LineItemKey]targeting.Ordinal{},
		lineItemByHash: map[uint32]targeting.Ordinal{}, creativeByHash: map[uint32]int32{}, placementByHash: map[uint32]int32{},
	}
	names := numbers{}
	for _, s := range cfg.Sites {
		si := int32(len(c.Sites))
		c.siteByID[s.ID] = si
		for _, d := range s.Domains {
			c.siteByDomain[d] = si
		}
		c.Sites = append(c.Sites, Site{ID: s.ID, Name: s.Name, Domains: s.Domains, Language: s.Language, Label: s.Label, Zone: s.Zone, FetchPages: s.FetchPages, PushTokens: s.PushTokens, MaxHouse: int32(s.MaxHouse)})
		for _, p := range s.Placements {
			h := hash(s.ID, p.ID)
			c.placementByHash[h] = int32(len(c.Placements))
			c.placementByID[[2]string{s.ID, p.ID}] = int32(len(c.Placements))
			c.Placements = append(c.Placements, Placement{ID: p.ID, Site: si, Sizes: sizes(p.Sizes), Floor: p.Floor, Hash: h})
		}
		for _, p := range s.Placements {
			for _, other := range p.Adjacent {
				c.stack(c.placementByID[[2]string{s.ID, p.ID}], c.placementByID[[2]string{s.ID, other}])
			}
		}
	}
	for _, p := range cfg.Assets {
		if info, err := fs.Stat(cfg.FS, p); err == nil && info.IsDir() || path.Ext(p) == ".zip" {
			if c.Bundles[p], err = bundle(cfg.FS, p); err != nil {
				return nil, fmt.Errorf("compile catalog: %w", err)
			}
			continue
		}
		a, err := asset(cfg.FS, p)
		if err != nil {
			return nil, fmt.Errorf("compile catalog: %w", err)
		}
		c.Assets[p] = a
	}
	profiles := map[configs.Suitability]int32{}
	var rules []targeting.Expr
	for _, a := range cfg.Advertisers {
		ai := int32(len(c.Advertisers))
		c.Advertisers = append(c.Advertisers, Advertiser{Hash: hash(a.ID), ID: a.ID, Name: a.Name, Labels: a.Labels})
		for _, k := range a.Campaigns {
			ki := int32(len(c.Campaigns))
			c.Campaigns = append(c.Campaigns, Campaign{
				ID: k.ID, Advertiser: ai, Name: k.Name, Start: k.Start.Unix(), End: k.End.Unix(), Zone: k.Zone, BudgetTotal: k.BudgetTotal, BudgetDaily: k.BudgetDaily,
			})
			for _, li := range k.LineItems {
				pi, ok := profiles[li.Suitability]
				if !ok {
					pi = int32(len(c.Profiles))
					profiles[li.Suitability] = pi
					c.Profiles = append(c.Profiles, Suitability(li.Suitability))
				}
				c.lineItem(ki, ai, pi, &a, &k, &li, names)
				rules = append(rules, li.Target)
			}
		}
	}
	var err error
	if c.Index, err = targeting.Build(rules); err != nil {
		return nil, fmt.Errorf("compile catalog: %w", err)
	}
	return c, nil
}

// hash names a thing across catalogs in four bytes. Two things of one page that collide are kept apart for
// no reason, once in some hundred million pages.
func hash(parts ...string) uint32 {
	d := xxhash.New()
	for _, p := range parts {
		_, _ = d.WriteString(p)
		_, _ = d.Write([]byte{0})
	}
	return uint32(d.Sum64())
}

func sizes(in []configs.Size) []Size {
	out := make([]Size, len(in))
	for i, s := range in {
		out[i] = Size{uint16(s.W), uint16(s.H)}
	}
	return out
}

// stack notes that two placements are seen together.
func (c *Catalog) stack(a, b int32) {
	for _, p := range [][2]int32{{a, b}, {b, a}} {
		if list := &c.Placements[p[0]].Adjacent; !slices.Contains(*list, p[1]) {
			*list = append(*list, p[1])
		}
	}
}

var pacingNames = []string{"even", "frontloaded", "asap", "custom"}

// numbers gives each name a dense number from 1 on.
type numbers map[string]int32

func (n numbers) of(kind, name string) int32 {
	if name == "" {
		return 0
	}
	k := kind + " " + name
	if n[k] == 0 {
		n[k] = int32(len(n) + 1)
	}
	return n[k]
}

func hash64(parts ...string) uint64 { return xxhash.Sum64String(strings.Join(parts, "\x00")) }

func (li *LineItem) addCaps(level CapLevel, caps []configs.Cap, id ...string) {
	if len(caps) == 0 {
		return
	}
	s := CapScope{ID: hash64(append([]string{"cap"}, id...)...), Level: level}
	for _, cp := range caps {
		out := Cap{Of: Measure(slices.Index(measureNames[:], cp.Of)), Limit: int32(cp.Limit), Per: cp.Time}
		switch cp.Per {
		case "page":
			out.Per = PerPage
		case "session":
			out.Per = PerSession
		case "lifetime":
			out.Per = Lifetime
		}
		if out.OfPages() {
			li.PageCaps = true
		} else {
			li.VisitorCaps = true
		}
		s.Caps = append(s.Caps, out)
	}
	li.CapScopes = append(li.CapScopes, s)
}

func (c *Catalog) lineItem(campaign, advertiser, profile int32, a *configs.Advertiser, k *configs.Campaign, li *configs.LineItem, names numbers) {
	ord := targeting.Ordinal(len(c.LineItems))
	key := LineItemKey{a.ID, k.ID, li.ID}
	out := LineItem{
		Hash: hash(a.ID, k.ID, li.ID), ID: li.ID, Key: key, Campaign: campaign, Advertiser: advertiser,
		Type: Type(slices.Index(typeNames[:], li.Type)), Priority: uint8(li.Priority),
		Start: li.Start.Unix(), End: li.End.Unix(), Zone: k.Zone,
		Goal: Goal{Of: Measure(slices.Index(measureNames[:], cmp.Or(li.GoalOf, "impressions"))), Total: li.GoalTotal, Daily: li.GoalDaily, Percent: li.GoalPercent},
		CPM:  li.CPM, VCPM: li.VCPM, CPC: li.CPC, BudgetTotal: li.BudgetTotal, BudgetDaily: li.BudgetDaily, Pacing: Pacing(slices.Index(pacingNames, li.Pacing)),
		NoRepeat: NoRepeat(slices.Index(noRepeatNames[:], li.NoRepeat)), Roadblock: Roadblock(slices.Index(roadblockNames[:], li.Roadblock)),
		Rotation: Rotation(slices.Index(rotationNames[:], li.Rotation)), ForViews: li.OptimiseFor == "viewability", Explore: li.Explore,
		Category: names.of("category", li.Category), Profile: profile, Targeting: li.Target, Source: fmt.Sprintf("%s:%d", li.Pos.File, li.Pos.Line),
	}
	sum := 0.0
	for _, w := range li.Curve {
		sum += w
	}
	for _, w := range li.Curve {
		out.Curve = append(out.Curve, w/sum)
	}
	for _, l := range li.Labels {
		n := names.of("label", l)
		out.Labels = append(out.Labels, n)
		out.LabelMask |= 1 << (n % 64)
	}
	slices.Sort(out.Labels)
	out.addCaps(OfLineItem, li.Caps, a.ID, k.ID, li.ID)
	out.addCaps(OfCampaign, k.Caps, a.ID, k.ID)
	out.addCaps(OfAdvertiser, a.Caps, a.ID)
	if li.ServeWithoutID {
		out.WithoutID = Serve
	}
	for _, cr := range li.Creatives {
		ck := CreativeKey{a.ID, k.ID, li.ID, cr.ID}
		ci := int32(len(c.Creatives))
		c.creativeByKey[ck] = ci
		out.Creatives = append(out.Creatives, ci)
		c.Creatives = append(c.Creatives, creative(cr, ck, ord))
		last := &c.Creatives[ci]
		c.creativeByHash[last.Hash] = ci
		if last.Type == Native {
			out.SizeMask |= anySize
		} else {
			out.SizeMask |= c.addSize(last.Size)
		}
	}
	c.lineItemByHash[out.Hash] = ord
	c.lineItemByKey[key] = ord
	c.LineItems = append(c.LineItems, out)
}

func creative(cr configs.Creative, key CreativeKey, ord targeting.Ordinal) Creative {
	out := Creative{
		Hash: hash(key.Advertiser, key.Campaign, key.LineItem, key.Creative), ID: cr.ID, Key: key, LineItem: ord, Size: Size{uint16(cr.Size.W), uint16(cr.Size.H)}, Weight: int32(cr.Weight), Master: cr.Master, Click: cr.Click, Alt: cr.Alt,
		AdClient: cr.Client, AdSlot: cr.Slot,
	}
	for i, n := range creativeTypeNames {
		if n == cr.Type {
			out.Type = CreativeType(i)
		}
	}
	switch out.Type {
	case HTML:
		out.Document = cr.Src
	case Native:
		out.Fields = map[string]string{"headline": cr.Headline, "body": cr.Body, "sponsor": cr.Sponsor, "call_to_action": cr.CTA}
		out.Src, out.SrcDark = cr.Image, cr.ImageDark
	default:
		out.Src, out.SrcDark, out.Src2x, out.Src2xDark = cr.Src, cr.SrcDark, cr.Src2x, cr.SrcDark2x
		out.AVIF, out.AVIFDark, out.Still = cr.AVIF, cr.AVIFDark, cr.Still
	}
	out.Code, out.ClickParts = parts(cr.Code), parts(cr.ClickParts)
	return out
}

// parts keeps nothing nil.
func parts(in []configs.Part) []Part {
	if len(in) == 0 {
		return nil
	}
	out := make([]Part, len(in))
	for i, p := range in {
		out[i] = Part(p)
	}
	return out
}

// bundle reads an html creative of several files. Its name is a hash of all of them.
func bundle(fsys fs.FS, p string) (map[string]Asset, error) {
	files, err := configs.ReadBundle(fsys, p)
	if err != nil {
		return nil, fmt.Errorf("read bundle %s: %w", p, err)
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(sum, "%s %d\n", name, len(files[name]))
		_, _ = sum.Write(files[name])
	}
	prefix := "/v1/html/" + hex.EncodeToString(sum.Sum(nil)[:10]) + "/"
	out := map[string]Asset{}
	for name, b := range files {
		out[name] = Asset{Path: p + "/" + name, URL: prefix + name, Type: configs.BundleType(name), Data: b}
	}
	return out, nil
}

var mediaTypes = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif", ".svg": "image/svg+xml",
	".html": "text/html; charset=utf-8", ".htm": "text/html; charset=utf-8",
}

func asset(fsys fs.FS, p string) (Asset, error) {
	b, err := fs.ReadFile(fsys, p)
	if err != nil {
		return Asset{}, fmt.Errorf("read asset: %w", err)
	}
	sum := sha256.Sum256(b)
	ext := path.Ext(p)
	a := Asset{Path: p, URL: "/a/" + hex.EncodeToString(sum[:10]) + ext, Type: mediaTypes[ext], Data: b}
	if cfg, _, err := image.DecodeConfig(bytes.NewReader(b)); err == nil {
		a.W, a.H = cfg.Width, cfg.Height
	}
	return a, nil
}
