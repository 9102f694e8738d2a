// Package openrtb speaks OpenRTB 2.6 for callers such as Prebid Server: the same decisions as the v1 contract, as bids.
//
// A placement is named by imp.tagid, a site by site.id or app.id. Each line item that is chosen bids its CPM; seat is the advertiser, cid the campaign,
// crid the creative, and a guaranteed line item names itself as dealid, so that an auction can prefer it. ext.placard tells its type and priority.
// The impression counts and is billed by burl, when the page renders the bid; there is no nurl, as a win promises nothing.
//
// It decides nothing. [Parse] and [Respond] keep no memory of their arguments and may be called from any goroutine.
package openrtb
