package object

import (
	"regexp"
	"strconv"
	"time"
)

// layout is how keys of a provider, or of a common tool, carry a time.
type layout struct {
	name string
	// key finds the time: groups y, m, d and, if the layout has it, h. The
	// span is that day or hour, in UTC.
	key string
	// before and after are how far requests may lie outside of the span.
	before, after time.Duration
}

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// layouts are those that cannot be taken for anything else. They leave margins
// because files are delivered late, cover more than the span that names them,
// and may be cut by a clock that is not quite right; where users choose the
// time zone or when a file is named, the margins are wider. A key that has
// several is left out only if each of them says so.
//
// Sources: Amazon's CloudFront Developer Guide, "Timing of log file delivery"
// (entries are delayed by up to 24 hours; the name has the period in which the
// requests occurred); "Access logs for your Application Load Balancer" (every
// 5 minutes, eventually consistent); "Logging requests with server access
// logging" (named by delivery, within a few hours, best effort); Cloudflare's
// Logpush documentation; Google's "View logs in sink destinations" (late
// entries go to the hour they belong to); Azure's "Resource logs" (the hour in
// which records were received); CDN77's description of real-time logs.
func layouts() []layout {
	const (
		slashes = `(?P<y>\d{4})/(?P<m>\d\d)/(?P<d>\d\d)`
		dashes  = `(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)`
		joined  = `(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)`
	)
	return []layout{
		{"CloudFront", `(?:^|[^A-Za-z0-9])E[A-Z0-9]{11,14}\.` + dashes + `-(?P<h>\d\d)\.[0-9a-zA-Z]{8,16}\.(?:gz|parquet)$`, day, day},
		{"CloudFront v2", `(?:^|/)AWSLogs/\d{12}/CloudFront/(?:[^/]+/)?` + slashes + `/`, 2 * day, day},
		{"Application Load Balancer", `(?:^|/)AWSLogs/\d{12}/elasticloadbalancing/[a-z0-9-]+/` + slashes + `/`, day, day},
		{"S3 access log", `(?:^|/)` + dashes + `-(?P<h>\d\d)-\d\d-\d\d-[0-9A-F]{16}$`, 2 * day, day},
		{"Logpush", `(?:^|/)` + joined + `T(?P<h>\d\d)\d{4}Z_\d{8}T\d{6}Z_[0-9a-f]+\.(?:log|json|csv)(?:\.gz)?$`, day, 2 * day},
		{"CDN77", `(?:^|/)` + joined + `/(?P<h>\d\d)/rtl\.[^/]+\.ndjson(?:\.gz)?$`, day, day},
		{"Google load balancer", `(?:^|/)requests/` + slashes + `/(?P<h>\d\d):00:00_\d\d:59:59_[SA][^/]*\.json$`, day, day},
		{"Azure", `(?:^|/)y=(?P<y>\d{4})/m=(?P<m>\d\d)/d=(?P<d>\d\d)/h=(?P<h>\d\d)/m=\d\d/PT1H\.json$`, 2 * day, day},
		{"Fastly", `(?:^|/)` + dashes + `T(?P<h>\d\d):\d\d:\d\d\.\d{3}-[A-Za-z0-9_-]{8,}\.log(?:\.gz|\.zst)?$`, day, 2 * day},
		{"Hive", `(?:^|/)year=(?P<y>\d{4})/month=(?P<m>\d\d?)/day=(?P<d>\d\d?)/`, 3 * day, 2 * day},
		{"Hive dates", `(?:^|/)(?:dt|date)=` + dashes + `/`, 3 * day, 2 * day},
	}
}

// window is Since and Until, and how to tell them from keys.
type window struct {
	since, until time.Time
	layouts      []compiledLayout
}

type compiledLayout struct {
	layout
	key        *regexp.Regexp
	y, m, d, h int // groups; h is -1 if there is none
}

// window prepares the layouts; it has none if there are no bounds.
func (c *Client) window() window {
	w := window{since: c.options.Since, until: c.options.Until}
	if w.since.IsZero() && w.until.IsZero() {
		return w
	}
	for _, l := range layouts() {
		re := regexp.MustCompile(l.key)
		w.layouts = append(w.layouts, compiledLayout{layout: l, key: re,
			y: re.SubexpIndex("y"), m: re.SubexpIndex("m"), d: re.SubexpIndex("d"), h: re.SubexpIndex("h")})
	}
	return w
}

// excludes reports whether a key says that its object has no request within
// the window.
func (w *window) excludes(key string) bool {
	outside := false
	for i := range w.layouts {
		from, to, ok := w.layouts[i].span(key)
		if !ok {
			continue
		}
		if (w.until.IsZero() || from.Before(w.until)) && (w.since.IsZero() || to.After(w.since)) {
			return false
		}
		outside = true
	}
	return outside
}

// span is when the requests of an object may be: from <= time < to.
func (l *compiledLayout) span(key string) (from, to time.Time, ok bool) {
	groups := l.key.FindStringSubmatch(key)
	if groups == nil {
		return from, to, false
	}
	number := func(group int) int {
		n, _ := strconv.Atoi(groups[group]) // few digits
		return n
	}
	year, month, date, length := number(l.y), time.Month(number(l.m)), number(l.d), day
	clock := 0
	if l.h >= 0 {
		clock, length = number(l.h), hour
	}
	start := time.Date(year, month, date, clock, 0, 0, 0, time.UTC)
	if start.Month() != month || start.Day() != date || clock > 23 || year < 1990 {
		return from, to, false // no date
	}
	return start.Add(-l.before), start.Add(length + l.after), true
}
