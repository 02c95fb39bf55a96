package view

import (
	"fmt"

	"rulecast/analyze/check"
	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
	"rulecast/analyze/replay"
	"rulecast/ingest/record"
	"rulecast/report"
)

// Checked is a ruleset with what a check found in it.
type Checked struct {
	Ruleset *policy.Ruleset
	Result  check.Result
	// Replay is the ruleset over a log, or nil if there is none: it says what
	// share of the requests the rules of a finding deny. Its variants are
	// check.Pairs of the findings.
	Replay *replay.Side
}

// Check shows what was found in rulesets. Requests are those of the log that
// they were replayed on, src where it came from; nil without a log.
func Check(list []Checked, requests int64, src *Source) *report.Document {
	doc := &report.Document{Command: "check"}
	alone := 0 // the weight of a column that says nothing if there is one ruleset
	if len(list) == 1 {
		alone = 5
	}
	findings := report.Table{Name: "findings", Title: "Findings", Columns: columns(
		report.Column{Name: "ruleset", Type: report.String, Weight: alone}, text("severity"), report.Column{Name: "kind", Type: report.String, Weight: 1},
		text("rule"), report.Column{Name: "entry", Type: report.String, Weight: 2},
		report.Column{Name: "position", Type: report.String, Weight: 4}, prose("finding"),
	)}
	limits := report.Table{Name: "limits", Title: "Limits", Columns: columns(
		text("ruleset"), text("limit"), count("used", "entries", 0), count("max", "entries", 0),
		report.Column{Name: "source", Type: report.String, Weight: 2}, report.Column{Name: "verified", Type: report.String, Weight: 1},
	)}
	if src != nil {
		findings.Columns = append(findings.Columns, report.Column{Name: "denied_requests", Type: report.Int, Unit: "requests"},
			report.Column{Name: "denied_share", Type: report.Share})
	}
	var infos []rulesetInfo
	for _, c := range list {
		infos = append(infos, describe(c.Ruleset))
		pair := 0
		for _, f := range c.Result.Findings {
			row := cells(c.Ruleset.Name, f.Severity.String(), string(f.Kind), f.Rule, f.Entry, position(f.Pos), f.Text)
			if src != nil {
				denied, ok := deniedBy(&c, f)
				if f.With != "" {
					denied, ok = c.Replay.Variants[pair], true
					pair++
				}
				if ok {
					row = append(row, denied, share(denied, requests))
				} else {
					row = append(row, nil, nil)
				}
			}
			findings.AddRow(row...)
		}
		for _, u := range c.Result.Usage {
			limits.AddRow(cells(c.Ruleset.Name, limitName(u), u.Used, u.Limit.Max, u.Limit.Source, u.Limit.Verified)...)
		}
		if len(c.Result.Findings) == 0 {
			doc.Notes = append(doc.Notes, fmt.Sprintf("%s: valid for %s; nothing found", c.Ruleset.Name, c.Ruleset.Provider))
		}
	}
	doc.Ruleset = infos
	for _, c := range list {
		doc.About = append(doc.About, rulesetFact("Ruleset", c.Ruleset))
	}
	doc.Tables = []report.Table{findings, limits}
	if src != nil {
		doc.Tables = append(doc.Tables, inputsTable(src))
		doc.About = append(doc.About, inputFacts(src, record.NoTime, record.NoTime)...)
		doc.Warnings = sourceWarnings(src)
		doc.Notes = append(doc.Notes, ClientNotes(src)...)
	}
	return doc
}

// position is a place without the colon that stands in front of a message.
func position(p policy.Pos) string {
	if p.File == "" {
		return ""
	}
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// deniedBy is how much of the log is denied by the entry or the rule of a
// finding; false if it is about neither.
func deniedBy(c *Checked, f check.Finding) (denied int64, ok bool) {
	s := c.Replay
	for i := range c.Ruleset.Rules {
		if f.Rule != "" && c.Ruleset.Rules[i].ID == f.Rule {
			denied, ok = s.Rules[i].Matched.Requests, true
		}
	}
	if f.Entry != "" {
		for i, e := range s.Entries {
			if e.Text == f.Entry && c.Ruleset.Rules[e.Rule].ID == f.Rule {
				denied = s.EntryCounts[i].Matched.Requests
				if c.Ruleset.Rules[e.Rule].Mode == policy.Allow && f.Kind != check.DeniedAnyway {
					denied = 0 // matched are those that it lets past its rule
				}
			}
		}
	}
	return denied, ok
}

func limitName(u limit.Usage) string {
	if u.Rule == "" {
		return u.Limit.Name
	}
	return u.Limit.Name + " in " + u.Rule
}
