package openrtb

import (
	"encoding/json"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/decision"
)

// The parts of a bid response, by their names in the specification (OpenRTB 2.6, section 4.2).
type (
	response struct {
		ID      string    `json:"id"`
		BidID   string    `json:"bidid"`
		Cur     string    `json:"cur"`
		SeatBid []seatBid `json:"seatbid"`
	}
	seatBid struct {
		Seat string `json:"seat"`
		Bid  []bid  `json:"bid"`
	}
	bid struct {
		ID      string   `json:"id"`
		ImpID   string   `json:"impid"`
		Price   float64  `json:"price"`
		BURL    string   `json:"burl"`
		AdM     string   `json:"adm"`
		ADomain []string `json:"adomain,omitempty"`
		CID     string   `json:"cid"`
		CRID    string   `json:"crid"`
		DealID  string   `json:"dealid,omitempty"`
		W       int      `json:"w,omitempty"`
		H       int      `json:"h,omitempty"`
		Exp     int      `json:"exp"`
		MType   int      `json:"mtype"`
		Ext     ext      `json:"ext"`
	}
	ext struct {
		Placard details `json:"placard"`
	}
	details struct {
		LineItem    string `json:"line_item"`
		Type        string `json:"type"`
		Priority    int    `json:"priority"`
		ViewableURL string `json:"viewable_url"`
	}
)

const markupBanner = 1 // mtype

// Respond decides the page of a bid request and returns the bid response, nil when there is no bid: the caller answers 204. base stands before
// URLs where no public URL is configured.
func Respond(e *adserver.Engine, r *Request, page *adserver.Request, base string) ([]byte, error) {
	out := response{ID: r.ID}
	bids := 0
	page.Free = r.Test // OpenRTB 2.6, section 3.2.1: auctions in test mode are not billable
	err := e.Bids(page, base, func(ad *adserver.Ad) decision.Reason {
		price := float64(ad.CPM) / 1e6
		d := domain(ad.Destination)
		// A line item without a price (a house ad, a network's) is what the publisher falls back to when nobody bids.
		switch {
		case ad.CPM <= 0 || ad.Kind == "adsense" || r.blocked(d):
			return decision.NoBid
		case price < r.Imps[ad.Slot].Floor:
			return decision.Floor
		}
		b := bid{
			ID: ad.RequestID + "-" + string(rune('a'+ad.Slot)), ImpID: r.Imps[ad.Slot].ID, Price: price, BURL: string(ad.ImpressionURL), AdM: string(ad.HTML),
			CID: ad.Campaign, CRID: ad.Creative, W: ad.Width, H: ad.Height, Exp: int(ad.Expires.Seconds()), MType: markupBanner,
			Ext: ext{details{LineItem: ad.LineItem, Type: ad.LineItemType, Priority: ad.Priority, ViewableURL: string(ad.ViewableURL)}},
		}
		if d != "" {
			b.ADomain = []string{d}
		}
		if ad.Guaranteed {
			b.DealID = ad.LineItem
		}
		out.BidID, out.Cur = ad.RequestID, ad.Currency
		bids++
		for i := range out.SeatBid {
			if out.SeatBid[i].Seat == ad.Advertiser {
				out.SeatBid[i].Bid = append(out.SeatBid[i].Bid, b)
				return decision.None
			}
		}
		out.SeatBid = append(out.SeatBid, seatBid{Seat: ad.Advertiser, Bid: []bid{b}})
		return decision.None
	})
	if err != nil || bids == 0 {
		return nil, err
	}
	return json.Marshal(out)
}
