package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"rulecast/analyze/abuse"
	"rulecast/analyze/collateral"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/networks"
	"rulecast/analyze/policy"
	"rulecast/report/view"
)

// judgeFlags say what traffic is good, and what is bad.
type judgeFlags struct {
	own         []string
	classes     []string
	allowRanges []string
	labelBad    []string
	protect     []string
	thresholds  []string
}

// judgeFlagNames are the flags that add makes, but for --own, beside which
// alone they mean anything.
var judgeFlagNames = []string{"classes", "allow-ranges", "label-bad", "protect", "thresholds"}

func (f *judgeFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringArrayVar(&f.own, "own", nil, "own `DOMAIN`, which stands for its whole site: says whose log it is, and so what traffic is good")
	fs.StringArrayVar(&f.classes, "classes", nil, "`FILE` of known sites, one class and domain a line, beside those that are built in")
	fs.StringArrayVar(&f.allowRanges, "allow-ranges", nil, "`FILE` of networks of good bots, as their operators publish it: their clients are never bad")
	fs.StringArrayVar(&f.labelBad, "label-bad", nil, "`FILE` of bad networks, such as a feed: their clients are bad whatever they do")
	fs.StringArrayVar(&f.protect, "protect", nil, "`FILE` of networks that are never bad, and in no suggestion")
	fs.StringArrayVar(&f.thresholds, "thresholds", nil, "`FILE` of signals of abuse, with the capacity and the leak of each one's bucket, instead of the published ones")
}

// given reports whether traffic is to be judged. The other flags of the group
// would do nothing without --own: that is a mistake.
func (f *judgeFlags) given(cmd *cobra.Command) (bool, error) {
	if len(f.own) > 0 {
		return true, nil
	}
	for _, name := range judgeFlagNames {
		if cmd.Flags().Changed(name) {
			return false, usagef("--%s is used with --own only, which says what traffic is good", name)
		}
	}
	return false, nil
}

// open reads the files. Current is the ruleset in force when the log was
// written, or nil. Warnings are about what the files have.
func (f *judgeFlags) open(countries *countrySource, current *policy.Ruleset) (o collateral.Options, warnings []string, err error) {
	o = collateral.Options{
		Hotlinks: hotlinks.Options{From: countries.from, Locator: countries.db},
		Abuse:    abuse.Options{Thresholds: abuse.DefaultThresholds()},
		Current:  current,
	}
	if o.Hotlinks.Own, err = ownSites(f.own); err != nil {
		return o, nil, err
	}
	if o.Hotlinks.Classes, err = loadClasses(f.classes); err != nil {
		return o, nil, err
	}
	if err = extend("thresholds", f.thresholds, o.Abuse.Thresholds.Extend); err != nil {
		return o, nil, err
	}
	for _, l := range []struct {
		flag  string
		files []string
		set   **networks.Set
	}{{"allow-ranges", f.allowRanges, &o.Abuse.Allow}, {"label-bad", f.labelBad, &o.Abuse.Bad}, {"protect", f.protect, &o.Abuse.Protect}} {
		var found []string
		if *l.set, found, err = loadNetworks(l.flag, l.files); err != nil {
			return o, nil, err
		}
		warnings = append(warnings, found...)
	}
	return o, warnings, nil
}

// loadNetworks reads the lists that a flag names; nil if there are none.
func loadNetworks(flag string, files []string) (*networks.Set, []string, error) {
	if len(files) == 0 {
		return nil, nil, nil
	}
	var lists []*networks.List
	var warnings []string
	for _, name := range files {
		l, err := networks.Read(name)
		if err != nil {
			return nil, nil, fileError(flag, name, err)
		}
		if len(l.Prefixes) == 0 {
			warnings = append(warnings, fmt.Sprintf("%s: no network in it", name))
		}
		for _, w := range l.Warnings {
			warnings = append(warnings, view.At(w.Pos)+w.Text)
		}
		lists = append(lists, l)
	}
	return networks.NewSet(lists...), warnings, nil
}

// mostText bounds the files that extend what is built in, in bytes.
const mostText = 16 << 20

// extend reads the files that a flag names and hands each to add, whose errors
// name the file and the line.
func extend(flag string, files []string, add func(file, text string) error) error {
	for _, name := range files {
		info, err := os.Stat(name)
		if err == nil && info.Size() > mostText {
			err = fmt.Errorf("%s: more than %d MiB", name, mostText>>20)
		}
		var text []byte
		if err == nil {
			text, err = os.ReadFile(name)
		}
		if err == nil {
			err = add(name, string(text))
		}
		if err != nil {
			return fileError(flag, name, err)
		}
	}
	return nil
}

// fileError is an error of a file that a flag names.
func fileError(flag, name string, err error) error {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		err = fmt.Errorf("--%s %s: %w", flag, name, path.Err)
	}
	return usage(err)
}
