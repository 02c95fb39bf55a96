package report

import (
	"math"
	"time"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}

// sampleDocument is what a replay looks like: a wide row, a wide grid, an empty
// table, a cut one.
func sampleDocument() *Document {
	requests := func(name string, weight int) Column {
		return Column{Name: name, Type: Int, Unit: "requests", Weight: weight}
	}
	bytes := func(name string, weight int) Column {
		return Column{Name: name, Type: Int, Unit: "bytes", Weight: weight}
	}
	summary := Table{Name: "summary", Title: "Summary", Layout: Record, Columns: []Column{
		requests("requests", 0), bytes("bytes", 0), requests("denied_requests", 0), bytes("denied_bytes", 0),
		{Name: "denied_share", Type: Share}, {Name: "clients", Type: Int, Unit: "clients"}, {Name: "exact", Type: Bool},
		{Name: "first_time", Type: Time}, {Name: "last_time", Type: Time}, {Name: "database", Type: String},
	}}
	summary.AddRow(int64(48_211_907), int64(1_234_567_890_123), int64(81_223), int64(9_876_543_210), 81_223.0/48_211_907,
		int64(301_544), true, at("2026-11-01T00:00:00.000001Z"), nil, "built-in: IPFire Location database, from Debian's tor-geoipdb, of 2026-06-25")

	entries := Table{Name: "entries", Title: "Entries", Columns: []Column{
		{Name: "rule", Type: String}, {Name: "control", Type: String, Weight: 6}, {Name: "entry", Type: String},
		requests("decided_requests", 0), bytes("decided_bytes", 1), requests("matched_requests", 3), bytes("matched_bytes", 4),
		requests("exclusive_requests", 1), bytes("exclusive_bytes", 2),
		{Name: "first_time", Type: Time, Weight: 7}, {Name: "last_time", Type: Time, Weight: 5},
	}, Omitted: "the first 4 of 1,024 entries"}
	entries.AddRow("ip", "ip", "203.0.113.0/24", int64(70_001), int64(9_000_000_000), int64(70_001), int64(9_000_000_000),
		int64(68_000), int64(8_900_000_000), at("2026-11-01T00:00:00Z"), at("2026-11-02T23:59:59.999999Z"))
	entries.AddRow("ip", "ip", "2001:db8:85a3:1234:5678:8a2e:370:7334", int64(0), int64(0), int64(0), int64(0), int64(0), int64(0), nil, nil)
	entries.AddRow("referer", "referer", "https://images.hotlinker.example/gallery/of/a/very/long/path/to/a/page.html",
		int64(11_222), int64(876_543_210), int64(11_400), int64(877_000_000), int64(3), int64(999), at("2026-11-01T04:05:06Z"), at("2026-11-02T00:00:00Z"))
	entries.AddRow("referer", "referer", "https://例え.テスト/", int64(1), int64(1000), int64(1), int64(1000), int64(1), int64(1000),
		at("2026-11-01T04:05:06Z"), at("2026-11-01T04:05:06Z"))

	agents := Table{Name: "agents", Columns: []Column{
		{Name: "user_agent", Type: String}, requests("requests", 0), {Name: "share", Type: Share, Weight: 1},
		{Name: "score", Type: Float, Weight: 2}, {Name: "blocked", Type: Bool, Weight: 3},
	}}
	agents.AddRow("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
		int64(4_000_000), 0.99996, 0.831245, false)
	agents.AddRow("curl/8.5.0", int64(12), 0.0000003, 12345.6, true)
	agents.AddRow("", int64(0), 0.0, math.NaN(), nil)

	return &Document{
		Command: "replay",
		Ruleset: map[string]any{"name": "candidate <1>", "rules": 2},
		Warnings: []string{
			"imagekit: whether a country rule applies to an address without a country is not documented; here it does not (try --set unknown_country=deny to see the difference)",
			"access.log: 3 lines rejected",
		},
		Notes:  []string{"denied_served: the log shows them served with a status below 400, so this is what would really change."},
		Tables: []Table{summary, entries, {Name: "overlap", Title: "Which controls would deny", Columns: []Column{{Name: "ip", Type: Bool}}}, agents},
	}
}
