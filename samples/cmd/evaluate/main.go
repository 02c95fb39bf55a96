// Command evaluate scores what rulecast says of towns (package gen), where it
// is known who does what, and prints tables in Markdown:
//
//	go run ./samples/cmd/evaluate                          the seeds for tuning
//	go run ./samples/cmd/evaluate -seeds judging           those for judging
//	go run ./samples/cmd/evaluate -seeds 3,4 -cases 20     and what was missed in them
//
// It runs the program as users do, and reads its JSON. It takes the program
// from -rulecast, or builds it: in that case it must run inside the module.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"

	"rulecast/samples/gen"
)

// The seeds. Points, prices and thresholds are chosen by what they do in the
// towns for tuning alone; what is said about quality is measured in those for
// judging, which nobody looks into.
var (
	tuningSeeds  = []uint64{101, 102, 103, 104, 105, 106, 107, 108}
	judgingSeeds = []uint64{921, 922, 923, 924, 925, 926, 927, 928}
)

// scorers are the questions that are scored, in the order of the output.
var scorers = []struct {
	name string
	new  func(o *options) scorer
}{
	{"hotlinks", func(o *options) scorer { return newHotlinks(o) }},
	{"addresses", func(*options) scorer { return newAddresses() }},
	{"recommend", func(o *options) scorer { return newRecommend(o) }},
}

// scorer runs a question on each town, and sums up.
type scorer interface {
	score(ctx context.Context, p program, t *town) error
	print(w io.Writer) error
}

type options struct {
	seeds    []uint64
	gen      gen.Options // but for the seed
	rulecast string
	only     string
	cases    int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o := &options{seeds: tuningSeeds, gen: gen.Options{Scenario: gen.Town}}
	flags := flag.NewFlagSet("evaluate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Func("seeds", `"tuning" (the default), "judging", or numbers with commas`, func(v string) (err error) {
		o.seeds, err = readSeeds(v)
		return err
	})
	flags.Int64Var(&o.gen.Rows, "rows", 1_000_000, "about so many requests in a town")
	flags.StringVar(&o.gen.Format, "format", "", "one of "+strings.Join(gen.Formats(), ", "))
	flags.StringVar(&o.rulecast, "rulecast", "", "program to score (default: build it)")
	flags.StringVar(&o.only, "only", "", "question to score (default: all)")
	flags.IntVar(&o.cases, "cases", 0, "list so many of what was missed and of what was wrong, for tuning only")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintln(stderr, "evaluate: no arguments beside flags")
		return 2
	}
	if err := evaluate(ctx, o, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "evaluate:", err)
		return 1
	}
	return 0
}

func readSeeds(text string) ([]uint64, error) {
	switch text {
	case "tuning":
		return tuningSeeds, nil
	case "judging":
		return judgingSeeds, nil
	}
	var seeds []uint64
	for field := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number", field)
		}
		seeds = append(seeds, n)
	}
	return seeds, nil
}

func evaluate(ctx context.Context, o *options, stdout, stderr io.Writer) error {
	dir, err := os.MkdirTemp("", "evaluate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p := program(cmp.Or(o.rulecast, filepath.Join(dir, "rulecast")))
	if o.rulecast == "" {
		if err := build(ctx, string(p)); err != nil {
			return err
		}
	}
	var asked []scorer
	for _, s := range scorers {
		if o.only == "" || o.only == s.name {
			asked = append(asked, s.new(o))
		}
	}
	if len(asked) == 0 {
		return fmt.Errorf("question %q: not one that is scored", o.only)
	}
	for _, seed := range o.seeds {
		fmt.Fprintf(stderr, "town %d\n", seed)
		t, err := newTown(o.gen, seed, dir)
		if err != nil {
			return err
		}
		for _, s := range asked {
			if err := s.score(ctx, p, t); err != nil {
				return fmt.Errorf("town %d: %w", seed, err)
			}
		}
		if err := os.RemoveAll(t.dir); err != nil {
			return err
		}
	}
	for _, s := range asked {
		if err := s.print(stdout); err != nil {
			return err
		}
	}
	return nil
}

func build(ctx context.Context, name string) error {
	var stderr bytes.Buffer
	c := exec.CommandContext(ctx, "go", "build", "-o", name, "rulecast/cmd/rulecast")
	c.Stderr = &stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, &stderr)
	}
	return nil
}

// town is a town whose log is on disk, a file for each day.
type town struct {
	seed   uint64
	dir    string // goes away with the town
	days   []string
	ranges string // file: what good bots publish
	truth  *gen.Truth
}

func newTown(o gen.Options, seed uint64, dir string) (*town, error) {
	o.Seed = seed
	g, err := gen.New(o)
	if err != nil {
		return nil, err
	}
	days, err := g.Days()
	if err != nil {
		return nil, err
	}
	t := &town{seed: seed, dir: filepath.Join(dir, fmt.Sprintf("town-%d", seed))}
	if t.truth, err = g.WriteFiles(filepath.Join(t.dir, "log"), days, false); err != nil {
		return nil, err
	}
	if t.days, err = filepath.Glob(filepath.Join(t.dir, "log", "*")); err != nil { // in order
		return nil, err
	}
	t.ranges = filepath.Join(t.dir, "ranges.json")
	var text bytes.Buffer
	if err := g.Ranges(&text); err != nil {
		return nil, err
	}
	return t, os.WriteFile(t.ranges, text.Bytes(), 0o600)
}

// program is the path of rulecast.
type program string

// ask runs the program and reads the tables that it prints.
func (p program) ask(ctx context.Context, tables any, args ...string) error {
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(ctx, string(p), append(args, "--as", "json", "--quiet")...)
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("rulecast %s: %w\n%s", args[0], err, &stderr)
	}
	answer := struct {
		Tables any `json:"tables"`
	}{tables}
	if err := json.Unmarshal(stdout.Bytes(), &answer); err != nil {
		return fmt.Errorf("rulecast %s: %w", args[0], err)
	}
	return nil
}
