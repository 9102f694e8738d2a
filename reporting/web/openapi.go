package web

import (
	"net/http"

	"github.com/placard/placard/reporting/report"
)

// openAPI is GET /api/v1/openapi.json: the API's description, made from the same tables that the API reads.
func (s *Site) openAPI(w http.ResponseWriter, _ *http.Request) {
	type obj = map[string]any
	words := func(list any) []string {
		var out []string
		switch l := list.(type) {
		case []report.Dimension:
			for _, d := range l {
				out = append(out, string(d))
			}
		case []report.Metric:
			for _, m := range l {
				out = append(out, string(m))
			}
		}
		return out
	}
	param := func(name, description string, schema obj) obj {
		return obj{"name": name, "in": "query", "description": description, "schema": schema}
	}
	str := obj{"type": "string"}
	list := func(values []string) obj { return obj{"type": "array", "items": obj{"type": "string", "enum": values}} }
	comma := func(p obj) obj { p["style"], p["explode"] = "form", false; return p }
	errorAnswer := func(description string) obj {
		return obj{"description": description, "content": obj{"application/json": obj{"schema": obj{"$ref": "#/components/schemas/Error"}}}}
	}
	answers := func(ok obj) obj {
		return obj{
			"200": ok, "400": errorAnswer("A parameter is wrong; error.field names it."), "401": errorAnswer("There is no session and no valid token."),
			"403": errorAnswer("The token's scope does not cover this."), "503": errorAnswer("The store does not answer; nothing is lost."),
		}
	}
	media := obj{}
	names := make([]string, 0, len(formats))
	for _, f := range formats {
		media[f.media] = obj{"schema": obj{"type": "string"}}
		names = append(names, f.name)
	}
	media[formats[0].media] = obj{"schema": obj{"type": "object", "required": []string{"rows", "totals"}, "properties": obj{
		"rows": obj{"type": "array", "items": obj{"type": "object"}}, "totals": obj{"type": "object"}, "from": str, "to": str, "time_zone": str,
		"more_rows": obj{"type": "boolean"}, "next_offset": obj{"type": "integer"}, "data_through": str, "synthetic_events": obj{"type": "integer"}, "previous": obj{"type": "object"},
	}}}
	doc := obj{
		"openapi":  "3.1.0",
		"info":     obj{"title": "Placard reports", "version": "1", "description": "What was delivered, who saw it, what it cost. Everything is limited to what the token or session may read."},
		"security": []obj{{"token": []string{}}, {"session": []string{}}},
		"paths": obj{
			"/api/v1/reports": obj{"get": obj{
				"operationId": "reports", "summary": "Any cut: dimensions by metrics, filtered, sorted and paged.",
				"parameters": []obj{
					param("from", "A day (2026-11-01), an instant (RFC 3339), days from today (-7d, today), or now. Default -7d.", str),
					param("to", "Likewise, exclusive. Default now.", str),
					comma(param("by", "Dimensions, at most six.", list(words(report.Dimensions())))),
					comma(param("metrics", "Default: all but reach and frequency.", list(words(report.Metrics())))),
					param("filter", "dimension:value,value keeps, !dimension:value,value leaves out; may be repeated. \\, is a comma within a value.", obj{"type": "array", "items": str}),
					param("sort", "Keys, comma-separated, with - in front for descending.", str),
					param("limit", "Rows.", obj{"type": "integer", "minimum": 1, "maximum": report.MaxLimit, "default": report.DefaultLimit}),
					param("offset", "Rows to pass over; next_offset of the answer before.", obj{"type": "integer", "minimum": 0}),
					param("tz", "IANA time zone of days and hours.", str),
					param("compare", "Adds the totals of the period before, or of the year before.", obj{"type": "string", "enum": compares}),
					param("advertiser", "Limits the answer to one advertiser.", str),
					param("format", "", obj{"type": "string", "enum": names, "default": names[0]}),
				},
				"responses": answers(obj{"description": "The report.", "content": media}),
			}},
			"/api/v1/delivery": obj{"get": obj{
				"operationId": "delivery", "summary": "Where each line item stands this moment.",
				"parameters": []obj{
					param("advertiser", "", str), param("campaign", "", str), param("state", "", obj{"type": "string", "enum": []string{
						"not started", "running", "on plan", "behind plan", "goal reached", "stopped", "ended", "ended short"}}),
					param("limit", "", obj{"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1000}), param("offset", "", obj{"type": "integer", "minimum": 0}),
				},
				"responses": answers(obj{"description": "The line items.", "content": obj{"application/json": obj{"schema": obj{"type": "object"}}}}),
			}},
			"/api/v1/explain": obj{"get": obj{
				"operationId": "explain", "summary": "Decides a page again and tells why each line item serves or does not.",
				"parameters": func() (out []obj) {
					for _, p := range explainParams {
						o := param(p, "", str)
						o["required"] = p == "url"
						out = append(out, o)
					}
					return out
				}(),
				"responses": answers(obj{"description": "The trace.", "content": obj{"application/json": obj{"schema": obj{"type": "object"}}}}),
			}},
		},
		"components": obj{
			"securitySchemes": obj{"token": obj{"type": "http", "scheme": "bearer"}, "session": obj{"type": "apiKey", "in": "cookie", "name": s.cookie()}},
			"schemas": obj{"Error": obj{"type": "object", "required": []string{"error"}, "properties": obj{"error": obj{
				"type": "object", "required": []string{"code", "message"}, "properties": obj{"code": str, "message": str, "field": str},
			}}}},
		},
	}
	writeJSON(w, http.StatusOK, doc)
}
