package view

import (
	"fmt"
	"slices"

	"rulecast/ingest/record"
	"rulecast/report"
)

// Source is where the requests of a result came from.
type Source struct {
	Inputs   []record.Input
	Warnings []string
	Windowed bool // a time window was asked for
	Proxied  bool // X-Forwarded-For of trusted proxies names the clients
	Pruned   int  // objects of a store that were not read because of the window, by their names
	// CountryFromLog: a client's country is what the log says, and nothing else.
	CountryFromLog bool
	Pooled         *Pooled // values that were taken together; nil if there are none
	Countries      string  // which database placed clients, and its date; "" if none was asked
}

// Outside is the number of requests that the time window left out.
func (s *Source) Outside() (n int64) {
	for i := range s.Inputs {
		n += s.Inputs[i].Outside
	}
	return n
}

// Rows is the number of requests read from all inputs.
func (s *Source) Rows() (n int64) {
	for i := range s.Inputs {
		n += s.Inputs[i].Rows
	}
	return n
}

// Rejects is the number of lines that could not be read.
func (s *Source) Rejects() (n int64) {
	for i := range s.Inputs {
		n += s.Inputs[i].Rejects
	}
	return n
}

// Lines is the number of lines of all inputs.
func (s *Source) Lines() (n int64) {
	for i := range s.Inputs {
		n += s.Inputs[i].Lines
	}
	return n
}

// Anonymised is the number of requests whose client is a network.
func (s *Source) Anonymised() (n int64) {
	for i := range s.Inputs {
		n += s.Inputs[i].Anonymised
	}
	return n
}

// inputsTable lists what became of the lines of each input: lines = rows +
// rejects + skipped + duplicates + outside.
func inputsTable(s *Source) report.Table {
	t := report.Table{Name: "inputs", Title: "Inputs", Columns: columns(
		text("input"), text("format"), count("lines", "lines", 0), count("rows", "requests", 0), count("rejects", "lines", 0),
		count("skipped", "lines", 1), count("duplicates", "requests", 1), count("outside", "requests", 2), count("bytes_read", "bytes", 3),
		report.Column{Name: "packing", Type: report.String, Weight: 5}, report.Column{Name: "error", Type: report.String, Weight: 4},
	)}
	for i := range s.Inputs {
		in := &s.Inputs[i]
		var fault any
		if in.Err != nil {
			fault = in.Err.Error()
		}
		t.AddRow(in.Name, in.Format, in.Lines, in.Rows, in.Rejects, in.Skipped, in.Duplicates, in.Outside, in.BytesRead, in.Packing, fault)
	}
	return t
}

// rejectsTable lists why lines were rejected, with the first of each kind.
func rejectsTable(s *Source) report.Table {
	t := report.Table{Name: "rejects", Title: "Lines that could not be read", Columns: columns(
		text("input"), prose("reason"), count("lines", "lines", 0), count("first_line", "", 0), text("sample"),
	)}
	for i := range s.Inputs {
		in := &s.Inputs[i]
		for _, r := range in.Reasons {
			t.AddRow(in.Name, r.Reason, r.Count, r.First.Line, string(r.First.Sample))
		}
	}
	return t
}

// Through is the number of requests that came through trusted proxies.
func (s *Source) Through() (n record.Through) {
	for i := range s.Inputs {
		n.Add(s.Inputs[i].Through)
	}
	return n
}

// sourceNotes explain how the inputs were read, for reports that have no table
// of rejects.
func sourceNotes(s *Source) []string {
	return slices.Concat(prunedNotes(s), ClientNotes(s), rejectNotes(s))
}

// prunedNotes says how many objects were left out unread.
func prunedNotes(s *Source) []string {
	if s.Pruned == 0 {
		return nil
	}
	return []string{fmt.Sprintf("not read, since their names say that they have nothing from the time window: %s", Plural(int64(s.Pruned), "object"))}
}

// ClientNotes say how many clients X-Forwarded-For names.
func ClientNotes(s *Source) []string {
	n := s.Through()
	if !s.Proxied || n.Named+n.Unnamed == 0 {
		return nil
	}
	note := fmt.Sprintf("clients: from X-Forwarded-For, behind trusted proxies, for %s of %s", report.Grouped(n.Named), Plural(s.Rows(), "request"))
	if n.Unnamed > 0 {
		note += fmt.Sprintf("; for %s it names nobody else, and the last trusted proxy counts as the client", report.Grouped(n.Unnamed))
	}
	return []string{note}
}

// CopyWarnings name the inputs that were left out as copies of others, and count
// the requests that were left out for having the id of another.
func CopyWarnings(s *Source) []string {
	return append(copyWarnings(s), deliveredTwice(s)...)
}

func deliveredTwice(s *Source) []string {
	var n int64
	for i := range s.Inputs {
		n += s.Inputs[i].Repeated
	}
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("left out, because a log in another directory has a request of the same id: %s, counted as duplicates", Plural(n, "request"))}
}

func copyWarnings(s *Source) []string {
	var names []string
	for i := range s.Inputs {
		if in := &s.Inputs[i]; in.CopyOf != "" {
			names = append(names, fmt.Sprintf("%s (of %s)", in.Name, in.CopyOf))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("left out, because each is a copy of another input: %s; all that is in them counts as duplicates", Names(names))}
}

// ClientWarnings are the doubts about clients that X-Forwarded-For names.
func ClientWarnings(s *Source) []string {
	if !s.Proxied {
		return nil
	}
	if n := s.Through(); n.Named+n.Unnamed == 0 && s.Rows() > 0 {
		return []string{"no request came from one of the trusted proxies: every client is the peer"}
	}
	var lacking []string
	var rows int64
	for i := range s.Inputs {
		if in := &s.Inputs[i]; in.Through.Unnamed > 0 && !in.Present.Has(record.Forwarded) {
			lacking = append(lacking, in.Name)
			rows += in.Through.Unnamed
		}
	}
	if rows == 0 {
		return nil
	}
	return []string{fmt.Sprintf("no X-Forwarded-For column in %s: a trusted proxy counts as the client of %s", Names(lacking), Plural(rows, "request"))}
}

// rejectNotes names the most frequent reason of each input with rejects, for
// reports that have no table of them.
func rejectNotes(s *Source) []string {
	var out []string
	const most = 3
	for i := range s.Inputs {
		in := &s.Inputs[i]
		if in.Rejects == 0 || len(out) == most {
			continue
		}
		r := in.Reasons[0]
		note := fmt.Sprintf("%s:%d: %s", in.Name, r.First.Line, r.Reason)
		if in.Rejects > 1 {
			note += fmt.Sprintf(" (%s in all; rulecast inspect lists them)", Plural(in.Rejects, "reject"))
		}
		out = append(out, note)
	}
	return out
}

// Faults say which inputs could not be read to their end, and why.
func Faults(s *Source) []string {
	var out []string
	for i := range s.Inputs {
		if in := &s.Inputs[i]; in.Err != nil {
			out = append(out, fmt.Sprintf("%s: %v", in.Name, in.Err))
		}
	}
	return out
}

// mostFaults is how many inputs that could not be read are named in front of a
// report: a folder may hold anything.
const mostFaults = 3

// headerLines is how many lines without a request an idle hour's log has.
const headerLines = 2

// sourceWarnings are the doubts that come from the inputs themselves.
func sourceWarnings(s *Source) []string {
	faults := Faults(s)
	if more := len(faults) - mostFaults; more > 0 {
		faults = append(faults[:mostFaults], fmt.Sprintf("and %s could not be read whole (the table of inputs names them)", Plural(int64(more), "more input")))
	}
	out := append(slices.Clone(s.Warnings), faults...)
	if n := s.Outside(); s.Windowed && n > 0 && s.Rows() == 0 {
		out = append(out, fmt.Sprintf("nothing is left of the log: outside the time window, or without a time: %s", Plural(n, "request")))
	}
	out = append(out, s.Pooled.warnings()...)
	out = append(out, CopyWarnings(s)...)
	out = append(out, ClientWarnings(s)...)
	for i := range s.Inputs {
		if in := &s.Inputs[i]; in.CopyOf == "" && in.Rows == 0 && in.Rejects == 0 && in.Outside == 0 && in.Skipped+in.Duplicates > headerLines {
			out = append(out, fmt.Sprintf("%s: none of its %s is a viewer's request", in.Name, Plural(in.Skipped+in.Duplicates, "line")))
		}
	}
	if n := s.Anonymised(); n > 0 {
		out = append(out, fmt.Sprintf("the provider has cut the addresses of %s to their network: "+
			"what a list of single addresses would do to them cannot be told", Plural(n, "request")))
	}
	if n := s.Rejects(); n > 0 {
		out = append(out, fmt.Sprintf("%s of %s could not be read and are in no other number", Plural(n, "line"), Plural(s.Lines(), "line")))
	}
	return out
}

// columnTitle is the column as a sentence calls it.
func columnTitle(c record.Column) string {
	if c == record.RefererHost {
		return "Referer"
	}
	return c.String()
}

// missingColumn warns that requests come from where the log has no such column,
// and what that means for the result.
func missingColumn(s *Source, c record.Column, means string) []string {
	var lacking []string
	var rows int64
	for i := range s.Inputs {
		in := &s.Inputs[i]
		if n := in.Rows - in.Present.Rows[c]; n > 0 {
			lacking = append(lacking, in.Name)
			rows += n
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("no %s column in %s (%s): %s", columnTitle(c), Names(lacking), Plural(rows, "request"), means)}
}
