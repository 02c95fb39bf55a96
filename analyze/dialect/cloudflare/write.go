package cloudflare

import (
	"bytes"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

type itemJSON struct {
	IP string `json:"ip"`
}

type listJSON struct {
	Name  string     `json:"name"`
	Kind  string     `json:"kind"`
	Items []itemJSON `json:"items"`
}

type ruleJSON struct {
	Description string `json:"description"`
	Expression  string `json:"expression"`
	Action      string `json:"action"`
	Enabled     bool   `json:"enabled"`
}

type fileJSON struct {
	Lists []listJSON `json:"lists"`
	Rules []ruleJSON `json:"rules"`
}

func build(rs *policy.Ruleset) fileJSON {
	out := fileJSON{Lists: []listJSON{}, Rules: []ruleJSON{}}
	names := map[string]bool{}
	for i := range rs.Rules {
		r := &rs.Rules[i]
		rule := ruleJSON{Description: r.ID, Expression: inline(r), Action: "block", Enabled: !r.Disabled}
		if r.Control == policy.IP && len(rule.Expression) > maxExpression {
			name := listName(r.ID, names)
			inList, _ := divide(r)
			rule.Expression = expression(r, name)
			out.Lists = append(out.Lists, listJSON{Name: name, Kind: "ip", Items: listItems(inList)})
		}
		out.Rules = append(out.Rules, rule)
	}
	return out
}

func listItems(entries []policy.Entry) []itemJSON {
	items := make([]itemJSON, len(entries))
	for i := range entries {
		items[i].IP = entries[i].Text
	}
	return items
}

// Write writes the JSON form of a ruleset that passes the profile's Check.
func Write(rs *policy.Ruleset) ([]byte, error) { return source.JSON(build(rs)) }

// Parts is the items of each list, and the rules, as the APIs take them.
func Parts(rs *policy.Ruleset) ([]profile.File, error) {
	document := build(rs)
	var files []profile.File
	for _, l := range document.Lists {
		text, err := source.JSON(l.Items)
		if err != nil {
			return nil, err
		}
		files = append(files, profile.File{Name: "list-" + l.Name + ".json", Data: text})
	}
	text, err := source.JSON(struct {
		Rules []ruleJSON `json:"rules"`
	}{document.Rules})
	return append(files, profile.File{Name: "rules.json", Data: text}), err
}

// WriteExpressions writes the expression form of a ruleset that passes the
// profile's Check. The ids are comments.
func WriteExpressions(rs *policy.Ruleset) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(expressionsHead + "\n")
	for i := range rs.Rules {
		b.WriteString("\n# " + rs.Rules[i].ID + "\n" + inline(&rs.Rules[i]) + "\n")
	}
	return b.Bytes(), nil
}

// expressionsHead is the line by which the expression form is known, if it
// begins with it.
const expressionsHead = "# Cloudflare WAF custom rules: block each"

// WriteList writes the list form of a ruleset that passes the profile's Check.
func WriteList(rs *policy.Ruleset) ([]byte, error) {
	items := []itemJSON{}
	for i := range rs.Rules {
		items = append(items, listItems(rs.Rules[i].Entries)...)
	}
	return source.JSON(items)
}
