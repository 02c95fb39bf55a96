package awswaf

import (
	"bytes"
	"encoding/json"

	"rulecast/analyze/dialect/hostpattern"
	"rulecast/analyze/dialect/ipset"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// object is a JSON object with its keys in order. The values are texts, whole
// numbers, bools, []string, objects and []object: what Terraform has too.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON keeps the order of the keys.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(m.key)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// group is a ruleset as AWS WAF has it.
type group struct {
	sets []object
	// names are the sets' names, in the same order.
	names []string
	rules object
}

// Write writes the JSON form of a ruleset that passes the profile's Check and
// Check.
func Write(rs *policy.Ruleset) ([]byte, error) {
	g := build(rs, arn(rs))
	return source.JSON(object{{"IPSets", g.sets}, {"RuleGroup", g.rules}})
}

// Parts is each set, and the rule group, as the input of the command that
// creates it.
func Parts(rs *policy.Ruleset) ([]profile.File, error) {
	g := build(rs, arn(rs))
	var files []profile.File
	for i, s := range g.sets {
		text, err := source.JSON(s)
		if err != nil {
			return nil, err
		}
		files = append(files, profile.File{Name: "ip-set-" + g.names[i] + ".json", Data: text})
	}
	text, err := source.JSON(g.rules)
	return append(files, profile.File{Name: "rule-group.json", Data: text}), err
}

// arn is what stands for a set's ARN until the set is created.
func arn(rs *policy.Ruleset) func(name string) string {
	where := "us-east-1:ACCOUNT:global"
	if scope(rs) == regional {
		where = "REGION:ACCOUNT:regional"
	}
	return func(name string) string { return "arn:aws:wafv2:" + where + "/ipset/" + name + "/ID" }
}

func scope(rs *policy.Ruleset) string {
	if s := rs.Setting(Scope); s != "" {
		return s
	}
	return cloudFront
}

// build makes the sets and the rule group. A set is referred to by what refer
// makes of its name.
func build(rs *policy.Ruleset, refer func(string) string) group {
	g := group{sets: []object{}}
	names, setNames := map[string]bool{}, map[string]bool{}
	rules, units := []object{}, 0
	for i := range rs.Rules {
		r := &rs.Rules[i]
		var leaves []object
		switch r.Control {
		case policy.IP:
			for _, s := range families(r) {
				name := ipset.Name(r.ID+"-v"+s.Version, setNames)
				g.names = append(g.names, name)
				g.sets = append(g.sets, object{
					{"Name", name}, {"Scope", scope(rs)}, {"IPAddressVersion", "IPV" + s.Version}, {"Addresses", s.Addresses},
				})
				leaves = append(leaves, object{{"IPSetReferenceStatement", object{{"ARN", refer(name)}}}})
			}
		case policy.Country:
			leaves = countries(r)
		default:
			leaves = expressions(r)
		}
		name := ipset.Name(r.ID, names)
		action := "Block"
		if r.Disabled {
			action = "Count"
		}
		units += capacity(r)
		rules = append(rules, object{
			{"Name", name}, {"Priority", i}, {"Statement", statement(r, leaves)}, {"Action", object{{action, object{}}}},
			{"VisibilityConfig", visibility(name)},
		})
	}
	g.rules = object{
		{"Name", "rulecast"}, {"Scope", scope(rs)}, {"Capacity", max(1, units)}, {"Rules", rules}, {"VisibilityConfig", visibility("rulecast")},
	}
	return g
}

func visibility(name string) object {
	return object{{"SampledRequestsEnabled", true}, {"CloudWatchMetricsEnabled", true}, {"MetricName", name}}
}

func countries(r *policy.Rule) []object {
	var out []object
	for from := 0; from < len(r.Entries); from += maxCountries {
		var codes []string
		for _, e := range r.Entries[from:min(from+maxCountries, len(r.Entries))] {
			codes = append(codes, e.Text)
		}
		out = append(out, object{{"GeoMatchStatement", object{{"CountryCodes", codes}}}})
	}
	return out
}

func expressions(r *policy.Rule) []object {
	var out []object
	for _, part := range hostpattern.Split(r.Entries, maxRegex, maxHosts) {
		out = append(out, object{{"RegexMatchStatement", onReferer("LOWERCASE", object{{"RegexString", hostpattern.Expression(part)}})}})
	}
	return out
}

// onReferer is a statement that looks at the Referer header.
func onReferer(transformation string, first object) object {
	return append(first,
		member{"FieldToMatch", object{{"SingleHeader", object{{"Name", "referer"}}}}},
		member{"TextTransformations", []object{{{"Priority", 0}, {"Type", transformation}}}},
	)
}

// present matches a request that has a Referer with something in it.
func present() object {
	return object{{"SizeConstraintStatement", onReferer("NONE", object{{"ComparisonOperator", "GT"}, {"Size", 0}})}}
}

// statement matches what a rule denies, given the statements that match what
// is on its list.
func statement(r *policy.Rule, leaves []object) object {
	isReferer := r.Control == policy.Referer
	if r.Mode == policy.Block {
		if isReferer && r.DenyMissing {
			leaves = append(leaves, not(present()))
		}
		return either(leaves)
	}
	if isReferer && !r.DenyMissing {
		return object{{"AndStatement", object{{"Statements", []object{present(), not(either(leaves))}}}}}
	}
	return not(either(leaves))
}

func not(s object) object {
	return object{{"NotStatement", object{{"Statement", s}}}}
}

func either(statements []object) object {
	if len(statements) == 1 {
		return statements[0]
	}
	return object{{"OrStatement", object{{"Statements", statements}}}}
}
