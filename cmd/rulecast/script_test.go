package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"rulecast": main})
}

// TestScripts runs testdata/script: one or more scripts a command, each with
// the logs and rulesets that it needs. The figures in them were counted by
// hand: each request of a log has a power of two for its bytes, so that a sum
// of bytes names the requests that are in it. -update rewrites the goldens; what
// it changes has to be counted again.
//
// $SAMPLES is the folder of the samples. Beside the commands of testscript
// there are
//
//	code N PROGRAM [ARGS...]   run it, and want exit code N
//	pack FILE...               make FILE.gz
//	cut FILE N                 drop the last N bytes
//	join FILE FILE...          make the first of the others, one after the other
//	fill FILE N PATTERN        append N lines, %d in PATTERN counting from 1; %4 is
//	                           an IPv4 address of that number, %6 a half of an IPv6 one
//	same FILE FILE...          the files are equal, byte by byte
//	mmdb FILE NETWORK=CODE...  make a country database
//	listing DIR                print all names in DIR, hidden ones too
func TestScripts(t *testing.T) {
	samples, err := filepath.Abs("../../samples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SAMPLES", samples)
			env.Setenv("COLUMNS", "80")
			env.Setenv("TZ", "UTC")
			// The race detector makes every program wait for a second at its end.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":    runCode,
			"pack":    packFiles,
			"cut":     cutFile,
			"join":    joinFiles,
			"fill":    fillFile,
			"same":    sameFiles,
			"mmdb":    makeDatabase,
			"listing": listing,
		},
	})
}

// plainly refuses "!" and a wrong number of arguments.
func plainly(ts *testscript.TestScript, neg, ok bool, usage string) {
	if neg || !ok {
		ts.Fatalf("usage: %s", usage)
	}
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	ts.Check(err)
	return n
}

func runCode(ts *testscript.TestScript, neg bool, args []string) {
	plainly(ts, neg, len(args) >= 2, "code N PROGRAM [ARGS...]")
	want, got := number(ts, args[0]), 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func packFiles(ts *testscript.TestScript, neg bool, args []string) {
	plainly(ts, neg, len(args) > 0, "pack FILE...")
	for _, name := range args {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := w.Write([]byte(ts.ReadFile(name)))
		ts.Check(err)
		ts.Check(w.Close())
		ts.Check(os.WriteFile(ts.MkAbs(name)+".gz", packed.Bytes(), 0o666))
	}
}

func cutFile(ts *testscript.TestScript, neg bool, args []string) {
	plainly(ts, neg, len(args) == 2, "cut FILE N")
	text, n := ts.ReadFile(args[0]), number(ts, args[1])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text[:len(text)-n]), 0o666))
}

func joinFiles(ts *testscript.TestScript, neg bool, args []string) {
	plainly(ts, neg, len(args) >= 2, "join FILE FILE...")
	var text string
	for _, name := range args[1:] {
		text += ts.ReadFile(name)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o666))
}

func fillFile(ts *testscript.TestScript, neg bool, args []string) {
	plainly(ts, neg, len(args) == 3, "fill FILE N PATTERN")
	text := []byte(ts.ReadFile(args[0]))
	for i := range number(ts, args[1]) {
		n := i + 1
		line := strings.NewReplacer("%d", strconv.Itoa(n), "%4", fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255), "%6", fmt.Sprintf("%x:%x:0:0", n>>16, n&0xffff))
		text = append(text, line.Replace(args[2])+"\n"...)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o666))
}

// sameFiles is cmp for results that are compared with each other: cmp would,
// with -update, take one of them for a golden.
func sameFiles(ts *testscript.TestScript, neg bool, args []string) {
	plainly(ts, neg, len(args) >= 2, "same FILE FILE...")
	for _, name := range args[1:] {
		if ts.ReadFile(name) != ts.ReadFile(args[0]) {
			ts.Fatalf("%s differs from %s:\n%s\n%s", name, args[0], ts.ReadFile(name), ts.ReadFile(args[0]))
		}
	}
}

func makeDatabase(ts *testscript.TestScript, neg bool, args []string) {
	plainly(ts, neg, len(args) >= 2, "mmdb FILE NETWORK=CODE...")
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test-Country", BuildEpoch: 1_780_000_000, IncludeReservedNetworks: true})
	ts.Check(err)
	for _, arg := range args[1:] {
		network, code, _ := strings.Cut(arg, "=")
		_, n, err := net.ParseCIDR(network)
		ts.Check(err)
		ts.Check(tree.Insert(n, mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code)}}))
	}
	var file bytes.Buffer
	_, err = tree.WriteTo(&file)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), file.Bytes(), 0o666))
}

func listing(ts *testscript.TestScript, neg bool, args []string) {
	plainly(ts, neg, len(args) == 1, "listing DIR")
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() {
			name += "/"
		}
		fmt.Fprintln(ts.Stdout(), name)
	}
}
