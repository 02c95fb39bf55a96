package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rulecast/analyze/inspect"
	"rulecast/ingest/record"
	"rulecast/report"
)

// Inspect shows what is in the inputs.
func Inspect(r *inspect.Result, src *Source) *report.Document {
	doc := &report.Document{Command: "inspect"}
	summary := report.Table{Name: "summary", Title: "Summary", Layout: report.Record, Columns: columns(
		counts("", 0), count("rejected_lines", "lines", 0), count("clients", "clients", 0), count("hosts", "hosts", 0),
		count("referer_hosts", "hosts", 0), instant("first_time", 0), instant("last_time", 0),
		count("gaps", "gaps", 0), count("gap_hours", "hours", 0), count("repeated_ids", "requests", 0),
	)}
	var gaps, hours any
	if r.First != record.NoTime && !r.Gaps.Unknown {
		gaps, hours = r.Gaps.Count, r.Gaps.Hours
	}
	summary.AddRow(cells(r.Total, src.Rejects(), r.Clients, r.Hosts, r.Referers, when(r.First), when(r.Last), gaps, hours, r.Repeats.Requests)...)
	doc.Tables = []report.Table{
		summary, formatsTable(src), inputsTable(src), gapsTable(r), columnsTable(r, src), addressesTable(r), rejectsTable(src),
	}
	doc.Warnings = sourceWarnings(src)
	for _, c := range []record.Column{record.Time, record.Status, record.Bytes, record.RefererHost} {
		doc.Warnings = append(doc.Warnings, missingColumn(src, c, absentMeans[c])...)
	}
	if r.Gaps.Unknown {
		doc.Warnings = append(doc.Warnings, "the times are too far apart for a list of gaps: some of them must be wrong")
	}
	doc.Warnings = append(doc.Warnings, repeatWarnings(r)...)
	doc.Warnings = append(doc.Warnings, addressWarnings(r, src)...)
	doc.About = inputFacts(src, r.First, r.Last)
	doc.Notes = append(gapNotes(r), samplingNotes(src)...)
	doc.Notes = append(doc.Notes, ClientNotes(src)...)
	return doc
}

// formatsTable says which formats the inputs have, and how each was told.
func formatsTable(src *Source) report.Table {
	t := report.Table{Name: "formats", Title: "Formats", Columns: columns(
		text("format"), report.Column{Name: "title", Type: report.String, Weight: 2}, count("inputs", "inputs", 0),
		count("requests", "requests", 0), report.Column{Name: "packing", Type: report.String, Weight: 1}, prose("recognised_by"),
	)}
	type group struct {
		first        *record.Input
		inputs, rows int64
		packings     []string
	}
	var groups []*group
	for i := range src.Inputs {
		in := &src.Inputs[i]
		if in.Format == "" {
			continue
		}
		n := slices.IndexFunc(groups, func(g *group) bool { return g.first.Format == in.Format })
		if n < 0 {
			n = len(groups)
			groups = append(groups, &group{first: in})
		}
		g := groups[n]
		g.inputs++
		g.rows += in.Rows
		if !slices.Contains(g.packings, in.Packing) {
			g.packings = append(g.packings, in.Packing)
		}
	}
	for _, g := range groups {
		slices.Sort(g.packings)
		t.AddRow(g.first.Format, g.first.Title, g.inputs, g.rows, strings.Join(g.packings, ", "), cmp.Or(g.first.Because, "it was asked for"))
	}
	return t
}

func gapsTable(r *inspect.Result) report.Table {
	t := report.Table{Name: "gaps", Title: "Longest gaps, of whole hours without a request", Columns: columns(
		instant("from", 0), instant("until", 0), count("hours", "hours", 0),
	)}
	for _, g := range r.Gaps.Longest {
		t.AddRow(when(g.From), when(g.Until), g.Hours())
	}
	if r.Gaps.Count > int64(len(r.Gaps.Longest)) {
		t.Omitted = Plural(r.Gaps.Count, "gap") + " in all"
	}
	return t
}

// leastRepeats is how many repeated ids are more than a curiosity.
const leastRepeats = 10

// repeatWarnings say that requests look delivered twice: one in 100 at least,
// because some ids go with more than one line in good logs.
func repeatWarnings(r *inspect.Result) []string {
	n := r.Repeats.Requests
	i := slices.IndexFunc(r.Columns, func(c inspect.Column) bool { return c.Column == record.RequestID })
	if n < leastRepeats || 100*n < r.Columns[i].Filled {
		return nil
	}
	about := ""
	if r.Repeats.Estimated {
		about = "about "
	}
	return []string{fmt.Sprintf("%s%s (%s) have the id of another request: if a log is there twice, or in two forms, all counts are too high; read one of them", about, Plural(n, "request"), percent(n, r.Total.Requests))}
}

func gapNotes(r *inspect.Result) []string {
	if r.Gaps.Count == 0 {
		return nil
	}
	return []string{fmt.Sprintf("gaps: %s without a request between the first and the last: nothing was asked for, or logs are missing", Plural(r.Gaps.Hours, "hour"))}
}

// sampled are the formats that may be a sample without a word about it, by what
// the provider calls the setting.
var sampled = map[string]string{
	"cloudflare":          "the sample rate of a Logpush job",
	"cloudfront-realtime": "the sampling rate of a real-time configuration",
	"gcp-lb":              "the sample rate of a backend service",
}

// samplingNotes say where a log may be a sample.
func samplingNotes(src *Source) []string {
	var out []string
	for i := range src.Inputs {
		in := &src.Inputs[i]
		setting, ok := sampled[in.Format]
		if !ok || in.Rows == 0 {
			continue
		}
		note := fmt.Sprintf("%s: %s cannot be seen in the log; if there was one, all counts are those of the sample", in.Format, setting)
		if !slices.Contains(out, note) {
			out = append(out, note)
		}
	}
	return out
}

// absentMeans says what cannot be known from a log without a column.
var absentMeans = map[record.Column]string{
	record.Time:        "validity windows cannot be replayed, and --since and --until leave all of it out",
	record.Forwarded:   "who is behind a proxy cannot be known",
	record.Country:     "the client's address is looked up instead",
	record.ASN:         "no rule depends on it",
	record.Method:      "no rule depends on it",
	record.Scheme:      "no rule depends on it",
	record.Host:        "several sites in one log cannot be told apart",
	record.Path:        "rules with a scope do not see these requests",
	record.Query:       "scopes are matched against the path alone",
	record.Status:      "denied_served cannot tell what was served",
	record.Bytes:       "their bytes count as 0",
	record.RefererHost: "hotlinks cannot be seen, and every request counts as one without a Referer",
	record.UserAgent:   "browsers and programs cannot be told apart",
	record.Cache:       "no rule depends on it",
	record.ContentType: "what a file is can be told by its path only",
	record.RequestID:   "a log that is there in two forms cannot be told",
	record.Action:      "what a firewall has denied already is not known",
}

func columnsTable(r *inspect.Result, src *Source) report.Table {
	t := report.Table{Name: "columns", Title: "Columns", Columns: columns(
		text("column"), count("present", "requests", 0), count("filled", "requests", 0),
		report.Column{Name: "filled_share", Type: report.Share}, count("distinct", "values", 0), prose("without_it"),
	)}
	for _, c := range r.Columns {
		var present int64
		for i := range src.Inputs {
			present += src.Inputs[i].Present.Rows[c.Column]
		}
		filled := min(c.Filled, present) // the bytes of a request that has none are counted as 0 beside others
		var distinct, without any
		if c.Distinct >= 0 && present > 0 {
			distinct = c.Distinct
		}
		if means := absentMeans[c.Column]; means != "" && present < r.Total.Requests {
			without = means
		}
		t.AddRow(c.Column.String(), present, filled, share(filled, r.Total.Requests), distinct, without)
	}
	return t
}
