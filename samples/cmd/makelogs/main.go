// Command makelogs writes synthetic access logs of any size (package gen):
//
//	go run ./samples/cmd/makelogs -format cloudflare -rows 100000 -gzip -o day.log.gz
//	go run ./samples/cmd/makelogs -rows 4400000 -clients 302000 -hosts 17500 -files 40 -gzip -o DIR
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"rulecast/samples/gen"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// settings are the flags that are not gen.Options.
type settings struct {
	output, truth, ruleset string
	files                  int
	pack                   bool
}

func run(args []string, stdout, stderr io.Writer) int {
	var o gen.Options
	var s settings
	flags := flag.NewFlagSet("makelogs", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.Format, "format", "cloudfront", "one of "+strings.Join(gen.Formats(), ", "))
	flags.Uint64Var(&o.Seed, "seed", 1, "the same seed gives the same bytes")
	flags.Int64Var(&o.Rows, "rows", 0, "readable requests (default 100000)")
	flags.IntVar(&o.Clients, "clients", 0, "distinct client addresses (default: one for 15 rows)")
	flags.IntVar(&o.Hosts, "hosts", 0, "distinct Referer hosts (default: one for 250 rows)")
	flags.Int64Var(&o.Broken, "broken", 0, "unreadable lines, beside the rows")
	flags.Int64Var(&o.Hostile, "hostile", 0, "requests that attack their reader, -1 for none (default: one for 1000 rows)")
	flags.DurationVar(&o.Span, "span", 0, "from the first request to the last (default 24h)")
	flags.Func("start", "time of the first request, as 2026-03-02T00:00:00Z (the default)", func(v string) error {
		return o.Start.UnmarshalText([]byte(v))
	})
	flags.StringVar(&s.output, "o", "", "file to write, or with -files the folder (default: standard output)")
	flags.StringVar(&s.truth, "truth", "", "file for what a reader has to find in the log, as JSON")
	flags.StringVar(&s.ruleset, "ruleset", "", "folder for an ImageKit ruleset with lists as long as they may be, which finds its own in the log")
	flags.IntVar(&s.files, "files", 0, "number of files that the rows are spread over, in order")
	flags.BoolVar(&s.pack, "gzip", false, "compress")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 || s.files > 0 && s.output == "" {
		fmt.Fprintln(stderr, "makelogs: no arguments beside flags; -files needs -o")
		return 2
	}
	if err := write(o, s, stdout); err != nil {
		fmt.Fprintln(stderr, "makelogs:", err)
		return 1
	}
	return 0
}

func write(o gen.Options, s settings, stdout io.Writer) error {
	g, err := gen.New(o)
	if err != nil {
		return err
	}
	if s.ruleset != "" {
		if err := writeRuleset(g, s.ruleset); err != nil {
			return err
		}
	}
	var truth *gen.Truth
	switch {
	case s.files > 0:
		truth, err = g.WriteFiles(s.output, s.files, s.pack)
	case s.output != "":
		truth, err = writeFile(g, s.output, s.pack)
	default:
		truth, err = g.Write(stdout, s.pack)
	}
	if err != nil || s.truth == "" {
		return err
	}
	text, err := json.MarshalIndent(truth, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(s.truth, append(text, '\n'), 0o644)
}

func writeFile(g *gen.Generator, name string, pack bool) (*gen.Truth, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	truth, err := g.Write(f, pack)
	return truth, errors.Join(err, f.Close())
}
