// Package view makes a Document of each question's result: one file a
// question. It decides what is shown, under which names and in which units;
// how it looks is the writers' affair.
package view

import (
	"fmt"
	"strings"
	"time"

	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
	"rulecast/report"
)

// The columns that tables are built from. Weights say what a narrow terminal
// leaves out first.
func text(name string) report.Column { return report.Column{Name: name, Type: report.String} }

func count(name, unit string, weight int) report.Column {
	return report.Column{Name: name, Type: report.Int, Unit: unit, Weight: weight}
}

// counts is a pair of columns, NAME_requests and NAME_bytes; requests and
// bytes alone if name is "".
func counts(name string, weight int) []report.Column {
	prefix := ""
	if name != "" {
		prefix = name + "_"
	}
	return []report.Column{count(prefix+"requests", "requests", weight), count(prefix+"bytes", "bytes", weight+1)}
}

func instant(name string, weight int) report.Column {
	return report.Column{Name: name, Type: report.Time, Weight: weight}
}

func columns(groups ...any) []report.Column {
	var out []report.Column
	for _, g := range groups {
		switch g := g.(type) {
		case report.Column:
			out = append(out, g)
		case []report.Column:
			out = append(out, g...)
		}
	}
	return out
}

// cells flattens values and Counts into the cells of a row.
func cells(values ...any) []any {
	var out []any
	for _, v := range values {
		switch v := v.(type) {
		case tally.Counts:
			out = append(out, v.Requests, v.Bytes)
		case []any:
			out = append(out, v...)
		case int:
			out = append(out, int64(v))
		default:
			out = append(out, v)
		}
	}
	return out
}

// when is a time cell: nil for "no time".
func when(us int64) any {
	if us == record.NoTime {
		return nil
	}
	return time.UnixMicro(us).UTC()
}

// share is part of whole, 0 of nothing.
func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// percent is part of whole as people read it.
func percent(part, whole int64) string { return report.Percent(share(part, whole)) }

// rulesetInfo is the JSON form of a ruleset in a document.
type rulesetInfo struct {
	Name     string         `json:"name"`
	Provider string         `json:"provider"`
	Rules    int            `json:"rules"`
	Entries  int            `json:"entries"`
	Settings map[string]any `json:"settings,omitempty"`
}

func describe(rs *policy.Ruleset) rulesetInfo {
	info := rulesetInfo{Name: rs.Name, Provider: rs.Provider, Rules: len(rs.Rules)}
	for _, r := range rs.Rules {
		info.Entries += len(r.Entries)
	}
	for _, s := range rs.Settings {
		if info.Settings == nil {
			info.Settings = map[string]any{}
		}
		info.Settings[s.Name] = s.Value
	}
	return info
}

// policyWarnings are the warnings that came with the rulesets.
func policyWarnings(sets ...*policy.Ruleset) []string {
	var out []string
	for _, rs := range sets {
		for _, w := range rs.Warnings {
			out = append(out, At(w.Pos)+w.Text)
		}
	}
	return out
}

// At is a position as it stands in front of a message, or "".
func At(p policy.Pos) string {
	switch {
	case p.File == "":
		return ""
	case p.Line == 0:
		return p.File + ": "
	}
	return fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Column)
}

// Plural is "1 input", "2,000 inputs".
func Plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return report.Grouped(n) + " " + noun + "s"
}

// signed is a difference with its sign.
func signed(n int64) string {
	if n > 0 {
		return "+" + report.Grouped(n)
	}
	return report.Grouped(n)
}

func prose(name string) report.Column {
	return report.Column{Name: name, Type: report.String, Prose: true}
}

// Names is a list of a few names, and how many more there are.
func Names(list []string) string {
	const most = 3
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}
