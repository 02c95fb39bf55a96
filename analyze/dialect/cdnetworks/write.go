package cdnetworks

import (
	"strings"

	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

type ruleJSON struct {
	ID          string     `json:"id"`
	Priority    int        `json:"priority"`
	Enabled     *bool      `json:"enabled,omitempty"`
	Range       any        `json:"effective_range"`
	Type        string     `json:"type"`
	IPs         *wholeList `json:"ips,omitempty"`
	Countries   *wholeList `json:"countries,omitempty"`
	Referers    *wholeList `json:"referers,omitempty"`
	NullReferer *bool      `json:"allow_null_referer,omitempty"`
	Exceptions  *wholeList `json:"exceptions,omitempty"`
	Action      string     `json:"action"`
	RedirectURL string     `json:"redirect_url,omitempty"`
}

type wholeList string

type rangeJSON struct {
	Homepage    bool   `json:"homepage,omitempty"`
	FileTypes   string `json:"file_types,omitempty"`
	URIs        any    `json:"uris,omitempty"`
	Match       string `json:"match,omitempty"`
	Directories string `json:"directories,omitempty"`
	URLPattern  string `json:"url_pattern,omitempty"`
}

// Write writes the native form of a ruleset that passes the profile's Check.
func Write(rs *policy.Ruleset) ([]byte, error) {
	out := struct {
		Rules []ruleJSON `json:"rules"`
	}{Rules: []ruleJSON{}}
	for i := range rs.Rules {
		out.Rules = append(out.Rules, writeRule(&rs.Rules[i]))
	}
	return source.JSON(out)
}

func writeRule(r *policy.Rule) ruleJSON {
	j := ruleJSON{ID: r.ID, Priority: r.Priority, Range: "all", Type: "blacklist", Action: "deny"}
	if r.Mode == policy.Allow {
		j.Type = "whitelist"
	}
	if r.Disabled {
		j.Enabled = new(bool)
	}
	list := join(r.Entries)
	switch r.Control {
	case policy.IP:
		j.IPs = &list
	case policy.Country:
		j.Countries = &list
	case policy.Referer:
		j.Referers = &list
		allowed := !r.DenyMissing
		j.NullReferer = &allowed
	}
	if len(r.Except) > 0 {
		except := join(r.Except)
		j.Exceptions = &except
	}
	if r.Action.Kind == policy.Redirect {
		j.Action, j.RedirectURL = "redirect", r.Action.URL
	}
	if r.Scope.Kind != policy.AllRequests {
		j.Range = writeScope(&r.Scope)
	}
	return j
}

func join(entries []policy.Entry) wholeList {
	texts := make([]string, len(entries))
	for i := range entries {
		texts[i] = entries[i].Text
	}
	return wholeList(strings.Join(texts, ";"))
}

func writeScope(s *policy.Scope) rangeJSON {
	switch s.Kind {
	case policy.Homepage:
		return rangeJSON{Homepage: true}
	case policy.FileTypes:
		return rangeJSON{FileTypes: strings.Join(s.Values, ";")}
	case policy.Directories:
		return rangeJSON{Directories: strings.Join(s.Values, "\n")}
	case policy.URLPattern:
		return rangeJSON{URLPattern: s.Pattern}
	}
	j := rangeJSON{URIs: strings.Join(s.Values, ";"), Match: "exact"}
	if s.IgnoreQuery {
		j.Match = "ignore_parameters"
	}
	for _, v := range s.Values {
		if strings.Contains(v, ";") {
			j.URIs = s.Values
		}
	}
	return j
}
