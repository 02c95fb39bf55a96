// Command makelogs writes synthetic access logs of any size (package gen):
//
//	go run ./samples/cmd/makelogs -format cloudflare -rows 100000 -gzip -o day.log.gz
//	go run ./samples/cmd/makelogs -rows 4400000 -clients 302000 -hosts 17500 -files 40 -gzip -o DIR
//	go run ./samples/cmd/makelogs -scenario town -days 8 -files days -gzip -o DIR -truth truth.json.gz -ranges bots.json
package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"rulecast/samples/gen"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// settings are the flags that are not gen.Options.
type settings struct {
	output, truth, ranges, ruleset string
	files                          string
	days                           int
	pack                           bool
}

func run(args []string, stdout, stderr io.Writer) int {
	var o gen.Options
	var s settings
	flags := flag.NewFlagSet("makelogs", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.Scenario, "scenario", "", "one of "+strings.Join(gen.Scenarios(), ", ")+` (default "shop"); a town has everybody labelled in -truth`)
	flags.StringVar(&o.Format, "format", "cloudfront", "one of "+strings.Join(gen.Formats(), ", "))
	flags.Uint64Var(&o.Seed, "seed", 1, "the same seed gives the same bytes")
	flags.Int64Var(&o.Rows, "rows", 0, "readable requests (default 100000; 400000 for a town, which has about so many)")
	flags.IntVar(&o.Clients, "clients", 0, "distinct client addresses (default: one for 15 rows)")
	flags.IntVar(&o.Hosts, "hosts", 0, "distinct Referer hosts (default: one for 250 rows)")
	flags.Int64Var(&o.Broken, "broken", 0, "unreadable lines, beside the rows")
	flags.Int64Var(&o.Hostile, "hostile", 0, "requests that attack their reader, -1 for none (default: one for 1000 rows)")
	flags.DurationVar(&o.Span, "span", 0, "from the first request to the last (default 24h; 8 days for a town)")
	flags.IntVar(&s.days, "days", 0, "the same as -span, in days")
	flags.Func("start", "time of the first request, as 2026-03-02T00:00:00Z (the default)", func(v string) error {
		return o.Start.UnmarshalText([]byte(v))
	})
	flags.StringVar(&s.output, "o", "", "file to write, or with -files the folder (default: standard output)")
	flags.StringVar(&s.truth, "truth", "", "file for what a reader has to find in the log, as JSON, compressed if its name ends in .gz")
	flags.StringVar(&s.ranges, "ranges", "", "file for the networks that the good bots of a town publish, in the form of Google's lists")
	flags.StringVar(&s.ruleset, "ruleset", "", "folder for an ImageKit ruleset with lists as long as they may be, which finds its own in the log")
	flags.StringVar(&s.files, "files", "", `number of files that the rows are spread over, in order; "days" for one for each day of a town`)
	flags.BoolVar(&s.pack, "gzip", false, "compress")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 || s.files != "" && s.output == "" || s.days != 0 && o.Span != 0 {
		fmt.Fprintln(stderr, "makelogs: no arguments beside flags; -files needs -o; -days and -span exclude each other")
		return 2
	}
	o.Span += time.Duration(s.days) * day
	if err := write(o, &s, stdout); err != nil {
		fmt.Fprintln(stderr, "makelogs:", err)
		return 1
	}
	return 0
}

func write(o gen.Options, s *settings, stdout io.Writer) error {
	g, err := gen.New(o)
	if err != nil {
		return err
	}
	files, err := s.count(g)
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
	case files > 0:
		truth, err = g.WriteFiles(s.output, files, s.pack)
	case s.output != "":
		err = writeTo(s.output, func(f io.Writer) (err error) {
			truth, err = g.Write(f, s.pack)
			return err
		})
	default:
		truth, err = g.Write(stdout, s.pack)
	}
	if err == nil && s.ranges != "" {
		err = writeTo(s.ranges, g.Ranges)
	}
	if err != nil || s.truth == "" {
		return err
	}
	return writeTo(s.truth, func(f io.Writer) error { return writeTruth(f, truth, strings.HasSuffix(s.truth, ".gz")) })
}

const day = 24 * time.Hour

// count is how many files there are to be; 0 for one stream.
func (s *settings) count(g *gen.Generator) (int, error) {
	if s.files == "" {
		return 0, nil
	}
	if s.files == "days" {
		return g.Days()
	}
	n, err := strconv.Atoi(s.files)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("files %q: neither a number nor days", s.files)
	}
	return n, nil
}

func writeTruth(w io.Writer, truth *gen.Truth, pack bool) error {
	if pack {
		zw := gzip.NewWriter(w)
		return errors.Join(json.NewEncoder(zw).Encode(truth), zw.Close())
	}
	text, err := json.MarshalIndent(truth, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// writeTo makes a file.
func writeTo(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
