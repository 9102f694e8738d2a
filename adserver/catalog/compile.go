package catalog

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	_ "image/gif"  // sizes of assets
	_ "image/jpeg" // sizes of assets
	_ "image/png"  // sizes of assets
	"io/fs"
	"path"

	"github.com/cespare/xxhash/v2"
	_ "golang.org/x/image/webp" // sizes of assets

	"github.com/placard/placard/configs"
	"github.com/placard/placard/targeting"
)

// Compile turns a configuration without errors into a catalog. Its only errors are of assets that changed since they were checked.
func Compile(cfg *configs.Config) (*Catalog, error) {
	c := &Catalog{
		Revision: cfg.Revision, Currency: cfg.Server.Currency, Assets: map[string]Asset{},
		siteByID: map[string]int32{}, siteByDomain: map[string]int32{}, placementByID: map[[2]string]int32{},
		creativeByKey: map[CreativeKey]int32{}, lineItemByKey: map[LineItemKey]targeting.Ordinal{},
	}
	for _, s := range cfg.Sites {
		si := int32(len(c.Sites))
		c.siteByID[s.ID] = si
		for _, d := range s.Domains {
			c.siteByDomain[d] = si
		}
		c.Sites = append(c.Sites, Site{ID: s.ID, Name: s.Name, Domains: s.Domains, Language: s.Language, Label: s.Label, Zone: s.Zone, FetchPages: s.FetchPages})
		for _, p := range s.Placements {
			c.placementByID[[2]string{s.ID, p.ID}] = int32(len(c.Placements))
			c.Placements = append(c.Placements, Placement{ID: p.ID, Site: si, Sizes: sizes(p.Sizes), Floor: p.Floor})
		}
	}
	for _, p := range cfg.Assets {
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
				c.lineItem(ki, ai, pi, a.ID, &k, &li)
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

var pacings = map[string]Pacing{"even": Even, "frontloaded": Frontloaded, "asap": ASAP}

func parseType(name string) Type {
	for i, n := range typeNames {
		if n == name {
			return Type(i)
		}
	}
	return Standard
}

func (c *Catalog) lineItem(campaign, advertiser, profile int32, advertiserID string, k *configs.Campaign, li *configs.LineItem) {
	ord := targeting.Ordinal(len(c.LineItems))
	key := LineItemKey{advertiserID, k.ID, li.ID}
	out := LineItem{
		Hash: hash(advertiserID, k.ID, li.ID), ID: li.ID, Key: key, Campaign: campaign, Advertiser: advertiser, Type: parseType(li.Type), Priority: uint8(li.Priority),
		Start: li.Start.Unix(), End: li.End.Unix(), Zone: k.Zone, Goal: Goal{Impressions: li.GoalImpressions, Daily: li.GoalDaily, Percent: li.GoalPercent},
		CPM: li.CPM, CPC: li.CPC, BudgetTotal: li.BudgetTotal, BudgetDaily: li.BudgetDaily, Pacing: pacings[li.Pacing],
		Profile: profile, Labels: li.Labels, Targeting: li.Target, Source: fmt.Sprintf("%s:%d", li.Pos.File, li.Pos.Line),
	}
	if li.ServeWithoutID {
		out.WithoutID = Serve
	}
	for _, cp := range li.Caps {
		out.Caps = append(out.Caps, Cap{Impressions: int32(cp.Impressions), Per: cp.Per})
	}
	for _, cr := range li.Creatives {
		ck := CreativeKey{advertiserID, k.ID, li.ID, cr.ID}
		ci := int32(len(c.Creatives))
		c.creativeByKey[ck] = ci
		out.Creatives = append(out.Creatives, ci)
		c.Creatives = append(c.Creatives, creative(cr, ck, ord))
	}
	c.lineItemByKey[key] = ord
	c.LineItems = append(c.LineItems, out)
}

func creative(cr configs.Creative, key CreativeKey, ord targeting.Ordinal) Creative {
	out := Creative{
		Hash: hash(key.Advertiser, key.Campaign, key.LineItem, key.Creative), ID: cr.ID, Key: key, LineItem: ord, Size: Size{uint16(cr.Size.W), uint16(cr.Size.H)}, Weight: int32(cr.Weight), Click: cr.Click, Alt: cr.Alt,
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
	}
	return out
}

var mediaTypes = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".svg": "image/svg+xml",
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
