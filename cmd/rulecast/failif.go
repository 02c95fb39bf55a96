package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rulecast/report/view"
)

// condition is one --fail-if: METRIC OP NUMBER, the number as it is or as a
// percentage.
type condition struct {
	text   string
	metric string
	op     string
	limit  float64
}

// shareSuffix is how the names of shares end.
const shareSuffix = "_share"

var conditionForm = regexp.MustCompile(`^\s*([a-z_]+)\s*(<=|>=|==|!=|<|>)\s*([0-9][0-9_]*(?:\.[0-9]+)?)\s*(%?)\s*$`)

// parseConditions reads --fail-if values. The metrics are those of a command's
// summary; unknown ones are refused before any log is read.
func parseConditions(texts []string, metrics map[string]float64) ([]condition, error) {
	var out []condition
	for _, text := range texts {
		m := conditionForm.FindStringSubmatch(text)
		if m == nil {
			return nil, usagef("--fail-if %q: write it as 'METRIC > NUMBER', with one of < <= > >= == != and %% where it is a share", text)
		}
		if _, ok := metrics[m[1]]; !ok {
			return nil, unknownMetric(text, m[1], metrics)
		}
		limit, err := strconv.ParseFloat(strings.ReplaceAll(m[3], "_", ""), 64)
		if err != nil {
			return nil, usagef("--fail-if %q: %v", text, err)
		}
		share := strings.HasSuffix(m[1], shareSuffix)
		switch {
		case m[4] == "%" && !share:
			return nil, usagef("--fail-if %q: %s is a number; of shares, whose names end in %s, a percentage can be asked", text, m[1], shareSuffix)
		case m[4] == "%":
			limit /= 100
		case share && (limit > 1 || limit == 1 && m[2] == ">"): // which never holds
			return nil, usagef("--fail-if %q: %s is a share from 0 to 1; write %s%% if that is meant", text, m[1], m[3])
		}
		out = append(out, condition{text: strings.TrimSpace(text), metric: m[1], op: m[2], limit: limit})
	}
	return out, nil
}

func unknownMetric(text, name string, metrics map[string]float64) error {
	_, judged := metrics[view.DeniedGood]
	if !judged && slices.Contains(view.HarmMetrics(), name) {
		return usagef("--fail-if %q: %s is known with --own DOMAIN only, which says what traffic is good", text, name)
	}
	return usagef("--fail-if %q: no such metric; there are %s", text, strings.Join(slices.Sorted(maps.Keys(metrics)), ", "))
}

func (c condition) holds(value float64) bool {
	switch c.op {
	case "<":
		return value < c.limit
	case "<=":
		return value <= c.limit
	case ">":
		return value > c.limit
	case ">=":
		return value >= c.limit
	case "==":
		return value == c.limit
	}
	return value != c.limit
}

// failIf is the error of the conditions that hold for what was found, nil if
// none does. Name says what the metrics are of.
func failIf(conditions []condition, name string, metrics map[string]float64) []string {
	var held []string
	for _, c := range conditions {
		if value := metrics[c.metric]; c.holds(value) {
			held = append(held, fmt.Sprintf("--fail-if %q holds for %s: %s is %s", c.text, name, c.metric, showMetric(c.metric, value)))
		}
	}
	return held
}

func showMetric(name string, value float64) string {
	if strings.HasSuffix(name, shareSuffix) {
		return strconv.FormatFloat(100*value, 'f', 3, 64) + "%"
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}
