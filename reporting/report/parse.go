package report

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Parse reads the parameters that the API and the command line share:
//
//	from, to   a day (2026-11-01), an instant (RFC 3339), days from today (-7d, today), or now; to is exclusive for instants and
//	           days alike. Defaults: -7d and now
//	by         dimensions, comma-separated
//	metrics    metrics, comma-separated
//	filter     dimension:value,value or !dimension:value,value; may be repeated. \, is a comma within a value, \\ a backslash
//	sort       keys, comma-separated, with - in front for descending
//	limit, offset, tz
//
// The scope is not among them.
func Parse(v url.Values, zone *time.Location, now time.Time) (Query, error) {
	q := Query{Zone: zone}
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	if name := v.Get("tz"); name != "" {
		z, err := Zone(name)
		if err != nil {
			return q, err
		}
		q.Zone = z
	}
	var err error
	if q.From, err = parseInstant("from", v.Get("from"), "-7d", q.Zone, now); err != nil {
		return q, err
	}
	if q.To, err = parseInstant("to", v.Get("to"), "now", q.Zone, now); err != nil {
		return q, err
	}
	for _, d := range list(v["by"]) {
		q.By = append(q.By, Dimension(d))
	}
	for _, m := range list(v["metrics"]) {
		q.Metrics = append(q.Metrics, Metric(m))
	}
	for _, f := range v["filter"] {
		name, values, ok := strings.Cut(f, ":")
		if !ok {
			return q, bad("filter", "write it as country:PK,AE or !device:phone")
		}
		name, not := strings.CutPrefix(name, "!")
		q.Filters = append(q.Filters, Filter{Dimension: Dimension(name), Values: splitValues(values), Not: not})
	}
	for _, s := range list(v["sort"]) {
		key, desc := strings.CutPrefix(s, "-")
		q.Sort = append(q.Sort, Order{Key: key, Desc: desc})
	}
	for name, p := range map[string]*int{"limit": &q.Limit, "offset": &q.Offset} {
		if s := v.Get(name); s != "" {
			if *p, err = strconv.Atoi(s); err != nil {
				return q, bad(name, "must be a whole number")
			}
			if name == "limit" && *p == 0 {
				return q, bad(name, "must be 1 to %d", MaxLimit)
			}
		}
	}
	return q, nil
}

// Zone returns a time zone of the IANA database by its name. Names that mean something else on each machine are none.
func Zone(name string) (*time.Location, error) {
	z, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" || name == "localtime" || name == "posixrules" || strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") {
		return nil, bad("tz", "there is no time zone %.40q; write one like Asia/Karachi", name)
	}
	return z, nil
}

// splitValues cuts at commas that no backslash stands before.
func splitValues(s string) []string {
	if !strings.Contains(s, `\`) {
		return strings.Split(s, ",")
	}
	var out []string
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == ',':
			out = append(out, b.String())
			b.Reset()
		default:
			b.WriteByte(s[i])
		}
	}
	return append(out, b.String())
}

// String writes the filter as Parse reads it.
func (f Filter) String() string {
	values := make([]string, len(f.Values))
	for i, v := range f.Values {
		values[i] = strings.NewReplacer(`\`, `\\`, ",", `\,`).Replace(v)
	}
	not := ""
	if f.Not {
		not = "!"
	}
	return not + string(f.Dimension) + ":" + strings.Join(values, ",")
}

// Params writes the query as Parse reads it, but for the scope. The instants are written in full.
func (q *Query) Params() url.Values {
	v := url.Values{"from": {q.From.UTC().Format(time.RFC3339Nano)}, "to": {q.To.UTC().Format(time.RFC3339Nano)}}
	if q.Zone != nil {
		v.Set("tz", q.Zone.String())
	}
	if len(q.By) > 0 {
		v.Set("by", strings.Join(words(q.By), ","))
	}
	if len(q.Metrics) > 0 {
		v.Set("metrics", strings.Join(words(q.Metrics), ","))
	}
	for _, f := range q.Filters {
		v.Add("filter", f.String())
	}
	sort := make([]string, 0, len(q.Sort))
	for _, o := range q.Sort {
		if o.Desc {
			o.Key = "-" + o.Key
		}
		sort = append(sort, o.Key)
	}
	if len(sort) > 0 {
		v.Set("sort", strings.Join(sort, ","))
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Offset > 0 {
		v.Set("offset", strconv.Itoa(q.Offset))
	}
	return v
}

func list(values []string) []string {
	var out []string
	for _, v := range values {
		for _, s := range strings.Split(v, ",") {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

func parseInstant(field, s, byDefault string, zone *time.Location, now time.Time) (time.Time, error) {
	if s == "" {
		s = byDefault
	}
	local := now.In(zone)
	y, m, d := local.Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, zone)
	switch s {
	case "now":
		return now, nil
	case "today":
		return today, nil
	case "tomorrow":
		return today.AddDate(0, 0, 1), nil
	case "yesterday":
		return today.AddDate(0, 0, -1), nil
	}
	if n, ok := strings.CutSuffix(s, "d"); ok && strings.HasPrefix(s, "-") {
		if days, err := strconv.Atoi(n); err == nil && days > -10_000 {
			return today.AddDate(0, 0, days), nil
		}
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	return time.Time{}, bad(field, "%.40q is no instant; write 2026-11-01, 2026-11-01T08:00:00Z, -7d, today or now", s)
}
