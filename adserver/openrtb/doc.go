// Package openrtb speaks OpenRTB 2.6 for callers such as Prebid Server: the same decisions as the v1 contract, as bids.
//
// A placement is named by imp.tagid, a site by site.id or app.id. Each line item that is chosen bids its CPM; seat is the advertiser, cid the campaign,
// crid the creative, and a guaranteed line item names itself as dealid, so that an auction can prefer it. ext.placard tells its type and priority.
// The impression counts and is billed by burl, when the page renders the bid; there is no nurl, as a win promises nothing.
// A slot whose line item cannot bid (it has no price, is below the imp's floor, is a network's, or its advertiser is in badv) is recorded as empty.
//
// device.ip and device.ipv6 are believed from callers among the server's trusted proxies alone. Other callers' readers are nowhere: line items that target
// a place do not bid for them.
//
// It decides nothing. [Parse] and [Respond] keep no memory of their arguments and may be called from any goroutine.
package openrtb
