package view

import (
	"fmt"
	"strings"
	"time"

	"rulecast/analyze/hotlinks"
	"rulecast/ingest/record"
	"rulecast/report"
)

// Hotlinks shows who embeds the files of a log.
func Hotlinks(r *hotlinks.Result, src *Source) *report.Document {
	doc := &report.Document{Command: "hotlinks"}
	doc.Tables = []report.Table{hotlinksSummary(r, src), verdictsTable(r), hotlinksTable(r), sitesTable(r), evasionTable(evasion(r, src)), ownTable(r), inputsTable(src)}
	doc.Warnings = append(sourceWarnings(src), hotlinksWarnings(r, src)...)
	doc.About = inputFacts(src, r.First, r.Last)
	doc.Lead, doc.Notes = hotlinksLead(r, src), hotlinksNotes(r, src)
	return doc
}

func hotlinksSummary(r *hotlinks.Result, src *Source) report.Table {
	t := report.Table{Name: "summary", Title: "Summary", Layout: report.Record, Columns: columns(
		counts("", 0), counts("answered", 0), counts("own", 0), counts("foreign", 0), counts("no_host", 0), counts("no_referer", 0),
		count("foreign_hosts", "hosts", 0), count("rejected_lines", "lines", 0), instant("first_time", 0), instant("last_time", 0),
	)}
	hosts := r.Unjudged.Hosts
	for _, s := range r.Verdicts {
		hosts += s.Hosts
	}
	t.AddRow(cells(r.Total, r.Counted, r.Own, r.Foreign, r.NoHost, r.NoReferer, hosts, src.Rejects(), when(r.First), when(r.Last))...)
	return t
}

// verdicts are in the order of the table, each with what it means.
var verdicts = []struct {
	verdict hotlinks.Verdict
	means   string
}{
	{hotlinks.Block, "embeds our files for an audience of its own"},
	{hotlinks.Watch, "looks like that, but the evidence is thin"},
	{hotlinks.Known, "search, social, webmail and the like: decide by hand"},
	{hotlinks.Spam, "pages only, so that the log names the host: costs nothing, needs no entry"},
	{hotlinks.Ignore, "links to us, or too little to matter"},
}

func verdictsTable(r *hotlinks.Result) report.Table {
	t := report.Table{Name: "verdicts", Title: "Verdicts", Columns: columns(
		text("verdict"), count("hosts", "hosts", 0), counts("", 0), count("embeds", "requests", 0), prose("meaning"),
	)}
	for _, v := range verdicts {
		s := r.Verdicts[v.verdict]
		t.AddRow(cells(string(v.verdict), s.Hosts, s.Counts, s.Embeds, v.means)...)
	}
	if s := r.Unjudged; s.Hosts > 0 {
		t.AddRow(cells("(none)", s.Hosts, s.Counts, s.Embeds, "fewer requests than those that were judged")...)
	}
	if s := r.Pooled; s.Counts.Requests > 0 {
		t.AddRow(cells("(pooled)", nil, s.Counts, s.Embeds, "too many and too small to be told apart")...)
	}
	return t
}

func hotlinksTable(r *hotlinks.Result) report.Table {
	t := report.Table{Name: "hotlinks", Title: "Foreign Referer hosts", Columns: columns(
		text("host"), report.Column{Name: "site", Type: report.String, Weight: 14}, evidenceColumns(),
	)}
	for i := range r.Hosts {
		h := &r.Hosts[i]
		t.AddRow(append(cells(h.Host, h.Site), evidenceCells(h)...)...)
	}
	if r.Rest > 0 {
		other := map[string]any{
			"host": "(other)", "requests": r.Other.Counts.Requests, "bytes": r.Other.Counts.Bytes, "embeds": r.Other.Embeds, "navigations": r.Other.Navigations,
		}
		var row []any
		for _, c := range t.Columns {
			row = append(row, other[c.Name])
		}
		t.AddRow(row...)
		t.Omitted = fmt.Sprintf("(other) sums up %d more; --top lists more of them", r.Rest)
	}
	return t
}

// sitesTable lists sites as if each were one host: a hotlinker with a new name
// in every page is seen here alone.
func sitesTable(r *hotlinks.Result) report.Table {
	t := report.Table{Name: "sites", Title: "Sites with several Referer hosts, each as a whole", Columns: columns(
		text("site"), count("hosts", "hosts", 0), evidenceColumns(),
	)}
	for i := range r.Joint {
		h := &r.Joint[i]
		t.AddRow(append(cells(h.Site, h.Hosts), evidenceCells(h)...)...)
	}
	if r.JointRest > 0 {
		t.Omitted = fmt.Sprintf("%d more are not listed; --top lists more of them", r.JointRest)
	}
	return t
}

// evidenceColumns are the columns of a host or a site behind its name.
func evidenceColumns() []report.Column {
	part := func(name string, weight int) report.Column {
		return report.Column{Name: name, Type: report.Share, Weight: weight}
	}
	words := func(name string, weight int) report.Column {
		return report.Column{Name: name, Type: report.String, Weight: weight}
	}
	return columns(
		words("class", 4), text("verdict"), count("score", "", 2),
		count("requests", "requests", 0), count("bytes", "bytes", 0), count("embeds", "requests", 3), count("navigations", "requests", 7),
		part("embed_share", 9), part("embed_share_low", 8), count("clients", "clients", 6), count("networks", "networks", 5), count("visits", "visits", 6),
		part("top_client_share", 9), part("browser_share", 9), part("own_view_share", 5), part("click_share", 6), part("empty_click_share", 9),
		count("objects", "objects", 10), part("top_object_share", 11), count("active_days", "days", 10),
		instant("first_time", 13), instant("last_time", 13), words("countries", 8), count("slots", "entries", 6),
		report.Column{Name: "estimated", Type: report.Bool, Weight: 15},
		report.Column{Name: "reason", Type: report.String, Weight: 1, Prose: true},
	)
}

func evidenceCells(h *hotlinks.Host) []any {
	return cells(className(h.Class), string(h.Verdict), h.Score, h.Counts, h.Embeds, h.Navigations,
		known(h.EmbedShare), known(h.EmbedLow), h.Clients, h.Networks, h.Visits, known(h.TopClient), known(h.Browsers), known(h.OwnView), known(h.ClickShare), known(h.EmptyClicks),
		h.Objects, known(h.TopObject), h.Days, when(h.First), when(h.Last), countryList(h), h.Slots, h.Estimated, h.Reason)
}

func className(c hotlinks.Class) any {
	if c == hotlinks.Unclassified {
		return nil
	}
	return string(c)
}

// known is the cell of a ratio: nil where there is none.
func known(r hotlinks.Ratio) any {
	if !r.Known {
		return nil
	}
	return r.Value
}

// countryList names the countries with most requests.
func countryList(h *hotlinks.Host) string {
	const most = 3
	var all int64
	for _, p := range h.Countries {
		all += p.Requests
	}
	var names []string
	for _, p := range h.Countries[:min(most, len(h.Countries))] {
		names = append(names, fmt.Sprintf("%s %.0f%%", p.Country, 100*share(p.Requests, all)))
	}
	return strings.Join(names, ", ")
}

// evasion counts the embeds of the inputs that have a Referer column.
func evasion(r *hotlinks.Result, src *Source) *hotlinks.Evasion {
	e := r.Evasion
	for i, part := range r.Unsigned {
		if i < len(src.Inputs) && src.Inputs[i].Present.Rows[record.RefererHost] == 0 {
			e = e.Minus(part)
		}
	}
	return &e
}

func evasionTable(e *hotlinks.Evasion) report.Table {
	t := report.Table{Name: "evasion", Title: "Embeds that no rule on Referer hosts can reach", Layout: report.Record, Columns: columns(
		count("embeds", "requests", 0), count("embed_bytes", "bytes", 0), count("foreign_embeds", "requests", 0), count("foreign_bytes", "bytes", 0),
		count("no_referer_embeds", "requests", 0), count("no_referer_bytes", "bytes", 0), count("no_referer_browser_embeds", "requests", 0),
		count("no_host_embeds", "requests", 0), count("no_host_bytes", "bytes", 0),
		report.Column{Name: "evasion_share", Type: report.Share}, report.Column{Name: "evasion_bytes_share", Type: report.Share},
	)}
	var requests, bytes any
	if e.Embeds.Requests > 0 {
		requests = share(e.NoSender.Requests, e.Embeds.Requests)
	}
	if e.Embeds.Bytes > 0 {
		bytes = share(e.NoSender.Bytes, e.Embeds.Bytes)
	}
	t.AddRow(cells(e.Embeds, e.Foreign, e.NoSender, e.Browsers, e.NoHost, requests, bytes)...)
	return t
}

func ownTable(r *hotlinks.Result) report.Table {
	t := report.Table{Name: "own", Title: "Own sites", Columns: columns(text("site"), text("source"), count("served_requests", "requests", 0))}
	var all int64
	for _, s := range r.Sites {
		all += s.Served
	}
	for _, s := range r.Sites {
		source := "the log serves it"
		if s.Given {
			source = "named by --own"
		}
		var served any // not known if the log does not say which hosts it serves
		if all > 0 {
			served = s.Served
		}
		t.AddRow(s.Site, source, served)
	}
	return t
}

func hotlinksWarnings(r *hotlinks.Result, src *Source) []string {
	out := missingColumn(src, record.RefererHost, "hotlinks cannot be seen in them, and evasion leaves them out")
	out = append(out, missingColumn(src, record.UserAgent, "their requests count as not from browsers, if others are")...)
	out = append(out, missingColumn(src, record.Path, "what they fetch can be told by their content type only")...)
	out = append(out, missingColumn(src, record.Status, "all of these count as answered")...)
	out = append(out, missingColumn(src, record.Bytes, "they count as 0 bytes")...)
	out = append(out, missingColumn(src, record.Time, "whether their clients view own pages is told by the whole log, not by half hours")...)
	out = append(out, doubtsOfOwn(r)...)
	if r.Estimated > 0 {
		out = append(out, fmt.Sprintf("the evidence on %s with very many visits or objects is estimated from a part of them; requests, bytes and embeds are exact", Plural(int64(r.Estimated), "host")))
	}
	if r.Unjudged.Hosts > 0 {
		out = append(out, fmt.Sprintf("%s with the fewest requests were not judged: only the %s busiest are", Plural(r.Unjudged.Hosts, "host"), report.Grouped(hotlinks.MostJudged)))
	}
	return out
}

// doubtsOfOwn says whether an own site may be missing.
func doubtsOfOwn(r *hotlinks.Result) []string {
	b := r.Busiest
	if b.Counts.Requests <= r.Own.Requests {
		return nil
	}
	return []string{fmt.Sprintf("%s leads to more requests (%s) than all own sites (%s): if it is yours, name it with --own", b.Host, report.Grouped(b.Counts.Requests), report.Grouped(r.Own.Requests))}
}

func hotlinksLead(r *hotlinks.Result, src *Source) []string {
	block, watch := r.Verdicts[hotlinks.Block], r.Verdicts[hotlinks.Watch]
	lead := fmt.Sprintf("%s to block: %s of answered requests and %s of bytes. %s to watch.", Plural(block.Hosts, "host"),
		percent(block.Counts.Requests, r.Counted.Requests), percent(block.Counts.Bytes, r.Counted.Bytes), Plural(watch.Hosts, "host"))
	if r.Scattered > 0 {
		lead += fmt.Sprintf(" %s to block as a whole, by what hosts that are too small one by one do together (table sites).", Plural(int64(r.Scattered), "site"))
	}
	if e := evasion(r, src); e.Embeds.Requests > 0 {
		lead += fmt.Sprintf(" %s of embeds have no Referer, and no rule on hosts reaches them.", percent(e.NoSender.Requests, e.Embeds.Requests))
	}
	return []string{lead}
}

// window is the time for which the points are meant.
const window = 7 * 24 * time.Hour

func hotlinksNotes(r *hotlinks.Result, src *Source) []string {
	out := []string{
		"answered requests are those with status 200, 206 or 304; all but the first figures are about them",
		"own_view_share and click_share are of visits: half hours of people, told apart by address and User-Agent; one who follows a link is one who views own pages, too",
		"a host to block costs its navigations, too: a rule stops the visitors it sends as well as what it embeds",
		"slots: the hosts of the site that embed; a provider that takes exact hosts only (ImageKit) needs an entry for each, one that takes *.site needs one",
		"evasion: who has no Referer may have typed the address, use an app or a strict browser, or come from a page that hides where it is",
	}
	if r.First != record.NoTime && time.UnixMicro(r.Last).Sub(time.UnixMicro(r.First)) > window {
		out = append(out, "the log is longer than the 7 days that the points are meant for; --since and --until cut a week out")
	}
	if src.Countries != "" {
		out = append(out, "countries: "+src.Countries)
	}
	return append(out, sourceNotes(src)...)
}
