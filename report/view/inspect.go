package view

import (
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
	)}
	summary.AddRow(cells(r.Total, src.Rejects(), r.Clients, r.Hosts, r.Referers, when(r.First), when(r.Last))...)
	doc.Tables = []report.Table{summary, inputsTable(src), columnsTable(r, src), rejectsTable(src)}
	doc.Warnings = sourceWarnings(src)
	doc.Notes = ClientNotes(src)
	for _, c := range r.Columns {
		if means := absentMeans[c.Column]; means != "" {
			doc.Warnings = append(doc.Warnings, missingColumn(src, c.Column, means)...)
		}
	}
	return doc
}

// absentMeans says what cannot be known from a log without a column.
var absentMeans = map[record.Column]string{
	record.RefererHost: "hotlinks cannot be seen, and every request counts as one without a Referer",
	record.Status:      "denied_served cannot tell what was served",
	record.Time:        "validity windows cannot be replayed",
}

func columnsTable(r *inspect.Result, src *Source) report.Table {
	t := report.Table{Name: "columns", Title: "Columns", Columns: columns(
		text("column"), count("present", "requests", 0), count("filled", "requests", 0),
		report.Column{Name: "filled_share", Type: report.Share}, count("distinct", "values", 0),
	)}
	for _, c := range r.Columns {
		var present int64
		for i := range src.Inputs {
			present += src.Inputs[i].Present.Rows[c.Column]
		}
		var distinct any
		if c.Distinct >= 0 && present > 0 {
			distinct = c.Distinct
		}
		t.AddRow(c.Column.String(), present, c.Filled, share(c.Filled, r.Total.Requests), distinct)
	}
	return t
}
