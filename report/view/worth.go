package view

import (
	"fmt"
	"strconv"
	"strings"

	"rulecast/analyze/collateral"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/policy"
	"rulecast/analyze/savings"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
	"rulecast/report"
)

// Worth is what was asked about the requests that rulesets deny beside their
// number. The zero value is nothing.
type Worth struct {
	Judgement *collateral.Judgement // of which requests are good; nil: not asked
	Bill      *savings.Bill         // nil: no prices were given
}

// harmColumns are the good and the bad among denied requests. Names begin with
// name and "_", if it is not "". Weights are for the bad and the own viewers:
// the others always show.
func harmColumns(name string, weight int) []report.Column {
	if name != "" {
		name += "_"
	}
	return []report.Column{
		count(name+"bad_requests", "requests", weight), count(name+"good_requests", "requests", 0),
		count(name+goodUsers, "users", 0), count(name+"own_viewers", "clients", weight+1),
	}
}

func harmCells(h *collateral.Harm) []any {
	return cells(h.Bad.Requests, h.Good().Requests, h.Users, h.Viewers)
}

// usersNote says who is counted where good traffic is denied.
const usersNote = "good_users: the people behind clients that are denied something good, told apart by their browsers; own_viewers: those clients that view own pages"

// Figures that --fail-if can name: the share of all requests that are good and
// denied, and the users behind them.
const (
	DeniedGood = "good_denied_share"
	goodUsers  = "good_users"
)

// HarmMetrics are the figures that --fail-if can name if good traffic is told
// from bad.
func HarmMetrics() []string {
	out := []string{DeniedGood}
	for _, name := range []string{"", "newly_denied", "newly_allowed", "candidate"} {
		for _, c := range harmColumns(name, 0) {
			out = append(out, c.Name)
		}
	}
	return out
}

// addHarm puts harmCells under their names.
func addHarm(m map[string]float64, name string, h *collateral.Harm) {
	row := harmCells(h)
	for i, c := range harmColumns(name, 0) {
		m[c.Name] = float64(row[i].(int64))
	}
}

// money is a column of sums of the currency that prices are in.
func money(name string, weight int) report.Column {
	return report.Column{Name: name, Type: report.Float, Weight: weight}
}

// savingColumns are what denying saves.
func savingColumns(weight int) []report.Column {
	return []report.Column{count("saved_bytes", "bytes", weight), money("saved_cost", 0)}
}

func (w *Worth) savingCells(s savings.Saving) []any { return cells(s.Bytes(), w.Bill.Cost(s)) }

// projectedColumns are what denying saves in longer times.
func projectedColumns() []report.Column {
	return []report.Column{money("saved_cost_per_day", 0), money("saved_cost_per_30_days", 0)}
}

func (w *Worth) projectedCells(s savings.Saving) []any {
	known := func(cost float64, ok bool) any {
		if !ok {
			return nil
		}
		return cost
	}
	return []any{known(w.Bill.PerDay(s)), known(w.Bill.Per30Days(s))}
}

// savingsTable is what one ruleset saves.
func (w *Worth) savingsTable(s savings.Saving) report.Table {
	t := report.Table{Name: "savings", Title: "What denying saves", Layout: report.Record, Columns: columns(
		counts("denied_served", 1), count("answer_bytes", "bytes", 2), count("saved_requests", "requests", 2), savingColumns(0), projectedColumns(),
	)}
	row := append(cells(s.Served, s.Answers, s.Requests), w.savingCells(s)...)
	t.AddRow(append(row, w.projectedCells(s)...)...)
	return t
}

// warnings are the doubts about good and bad, and about the bill of what the rulesets
// answer.
func (w *Worth) warnings(src *Source, sets ...*policy.Ruleset) []string {
	var out []string
	if w.Judgement != nil {
		out = append(out, missingColumn(src, record.UserAgent, "how many people share an address cannot be told: each counts as one")...)
		out = append(out, missingColumn(src, record.Path, "what they fetch can be told by their content type only")...)
		out = append(out, missingColumn(src, record.Time, "what clients do in quick succession is not held against them")...)
		if n := partial(w.Judgement); n > 0 {
			out = append(out, fmt.Sprintf("what speaks against %s with very many requests is estimated from a part of them", Plural(n, "client")))
		}
		out = append(out, doubtsOfOwn(w.Judgement.Hotlinks.Result)...)
	}
	if w.Bill != nil && w.answersBilled(sets) {
		if _, known := w.Bill.AnswerBytes(); !known {
			out = append(out, "the log has no answer with 403, which would tell how large the answers to denied requests are: they count as 0 bytes; --denied-bytes says what they have")
		}
	}
	return out
}

// partial is the number of clients of which events are missing.
func partial(j *collateral.Judgement) (n int64) {
	for id := range j.Clients {
		if j.Clients[id].Partial {
			n++
		}
	}
	return n
}

// answersBilled reports whether any rule answers with something that is billed.
func (w *Worth) answersBilled(sets []*policy.Ruleset) bool {
	for _, rs := range sets {
		for i := range rs.Rules {
			if !w.Bill.DeniedFree || rs.Rules[i].Action.Kind != policy.Deny {
				return true
			}
		}
	}
	return false
}

// notes say how the figures were come by.
func (w *Worth) notes() []string {
	var out []string
	if w.Judgement != nil {
		out = append(out, "own sites: "+ownNames(w.Judgement.Hotlinks.Result),
			"a denied request is bad as far as what the control looks at speaks against it, else good: for ip what the client does, for referer and country that or what the host embeds",
			usersNote)
	}
	if w.Bill != nil {
		out = append(out, w.billNote(), "projected costs: the mean of the time from the first request to the last; per day if that is 23 hours or more, per 30 days if it is a week less an hour")
	}
	return out
}

func (w *Worth) billNote() string {
	size, _ := w.Bill.AnswerBytes()
	source := fmt.Sprintf("the mean of the log's %s with 403", Plural(w.Bill.Forbidden.Requests, "answer"))
	if w.Bill.Answer != savings.Unknown {
		source = "--denied-bytes"
	}
	billed := "and denied requests are billed as others are"
	if w.Bill.DeniedFree {
		billed = "for redirected requests; denied ones and their answers are not billed"
	}
	return fmt.Sprintf("saved_bytes: those of denied requests that were served, less %s (%s) for each answer, %s", Plural(size, "byte"), source, billed)
}

func ownNames(r *hotlinks.Result) string {
	var names []string
	for _, s := range r.Sites {
		names = append(names, s.Site)
	}
	return Names(names)
}

// harmLead says what good traffic a ruleset denies.
func harmLead(name string, h *collateral.Harm, total tally.Counts) string {
	if h.Good().Requests == 0 {
		return fmt.Sprintf("%s would deny no good request.", name)
	}
	return fmt.Sprintf("Good traffic that %s would deny: %s (%s) of %s; %s own pages.", name, Plural(h.Good().Requests, "request"),
		percent(h.Good().Requests, total.Requests), Plural(h.Users, "user"), viewers(h.Viewers))
}

func viewers(n int64) string {
	if n == 1 {
		return "1 client views"
	}
	return report.Grouped(n) + " clients view"
}

// savingLead says what a ruleset saves, or what it costs.
func (w *Worth) savingLead(name string, s savings.Saving) string {
	verb, more := "save", ""
	if s.Bytes() < 0 && w.Bill.Cost(s) <= 0 {
		verb, more, s = "cost", " more", savings.Saving{}.Minus(s)
	}
	text := fmt.Sprintf("%s would %s %s%s, worth %s", name, verb, report.HumanBytes(s.Bytes()), more, price(w.Bill.Cost(s)))
	var times []string
	if cost, ok := w.Bill.PerDay(s); ok {
		times = append(times, price(cost)+" a day")
	}
	if cost, ok := w.Bill.Per30Days(s); ok {
		times = append(times, price(cost)+" in 30 days")
	}
	if len(times) > 0 {
		text += " (" + strings.Join(times, ", ") + ")"
	}
	return text + "."
}

// price is a sum of money: with two decimals, and as many more as it takes to
// show two digits of a small one.
func price(cost float64) string {
	decimals := 2
	for small := max(cost, -cost); small > 0 && small < 0.1 && decimals < 6; small *= 10 {
		decimals++
	}
	return strconv.FormatFloat(cost, 'f', decimals, 64)
}
