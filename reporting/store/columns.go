package store

import "github.com/placard/placard/reporting/event"

// TextColumn is one of the columns of text that both stores have. Field is what it holds of an event.
type TextColumn struct {
	Name  string
	Field func(e *event.Event) *string
}

// Text is the column's value of an event.
func (c TextColumn) Text(e *event.Event) string { return *c.Field(e) }

// TextColumns are the columns of text, in the order of the schema.
func TextColumns() []TextColumn {
	return []TextColumn{
		{"site", func(e *event.Event) *string { return &e.Site }},
		{"placement", func(e *event.Event) *string { return &e.Placement }},
		{"section", func(e *event.Event) *string { return &e.Section }},
		{"page", func(e *event.Event) *string { return &e.Page }},
		{"advertiser", func(e *event.Event) *string { return &e.Advertiser }},
		{"campaign", func(e *event.Event) *string { return &e.Campaign }},
		{"line_item", func(e *event.Event) *string { return &e.LineItem }},
		{"creative", func(e *event.Event) *string { return &e.Creative }},
		{"type", func(e *event.Event) *string { return &e.Type }},
		{"country", func(e *event.Event) *string { return &e.Country }},
		{"region", func(e *event.Event) *string { return &e.Region }},
		{"device", func(e *event.Event) *string { return &e.Device }},
		{"os", func(e *event.Event) *string { return &e.OS }},
		{"browser", func(e *event.Event) *string { return &e.Browser }},
		{"theme", func(e *event.Event) *string { return &e.Theme }},
		{"topics", func(e *event.Event) *string { return &e.Topics }},
		{"sensitivity", func(e *event.Event) *string { return &e.Sensitivity }},
		{"no_fill", func(e *event.Event) *string { return &e.NoFill }},
		{"invalid", func(e *event.Event) *string { return &e.Invalid }},
		{"revision", func(e *event.Event) *string { return &e.Revision }},
	}
}

// HourMicros is an hour in the unit of event times. Hours are counted from the Unix epoch, in UTC.
const HourMicros = 3_600_000_000
