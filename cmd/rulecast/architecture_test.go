package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// edges says which of our packages each package may import: a statement of
// what the parts of the program are allowed to know, not a record of what they
// happen to import. A package that is not listed fails, and so does an edge
// that nothing uses. "*" is everything below cmd. Test files are free, but for
// importing cmd.
//
// Packages whose name ends in "test", but for backtest, help tests and are
// imported by them and by each other alone.
const edges = `
ingest/referer
ingest/record               => ingest/referer
ingest/source/object
ingest/source/object/objecttest
ingest/source               => ingest/source/object
ingest/decompress/inflate
ingest/decompress           => ingest/decompress/inflate
ingest/cut
ingest/format               => ingest/cut ingest/record ingest/referer
ingest/compact              => ingest/format ingest/record ingest/referer
ingest/unwrap
ingest/budget               => ingest/record
ingest                      => ingest/budget ingest/decompress ingest/format ingest/record ingest/source ingest/source/object ingest/unwrap

analyze/prefix
analyze/tally
analyze/policy
analyze/limit               => analyze/policy
analyze/geo/ranges          => ingest/decompress/inflate
analyze/geo/gen             => analyze/geo/ranges
analyze/geo                 => analyze/geo/ranges

analyze/dialect/source      => analyze/policy
analyze/dialect/profile     => analyze/dialect/source analyze/limit analyze/policy ingest/referer
analyze/dialect/neutral     => analyze/dialect/profile analyze/dialect/source analyze/policy ingest/referer
analyze/dialect/imagekit    => analyze/dialect/profile analyze/dialect/source analyze/limit analyze/policy
analyze/dialect/cdnetworks  => analyze/dialect/neutral analyze/dialect/profile analyze/dialect/source analyze/limit analyze/policy
analyze/dialect/theolive    => analyze/dialect/neutral analyze/dialect/profile analyze/dialect/source analyze/policy
analyze/dialect/ipset       => analyze/policy
analyze/dialect/cloudfront  => analyze/dialect/ipset analyze/dialect/profile analyze/dialect/source analyze/limit analyze/policy
analyze/dialect/hostpattern => analyze/policy
analyze/dialect/awswaf      => analyze/dialect/hostpattern analyze/dialect/ipset analyze/dialect/profile analyze/dialect/source analyze/limit analyze/policy
analyze/dialect/clause      => analyze/dialect/profile analyze/dialect/source analyze/policy
analyze/dialect/cloudflare  => analyze/dialect/clause analyze/dialect/hostpattern analyze/dialect/profile analyze/dialect/source analyze/limit analyze/policy
analyze/dialect/fastly      => analyze/dialect/clause analyze/dialect/hostpattern analyze/dialect/profile analyze/dialect/source analyze/limit analyze/policy
analyze/dialect/nginx       => analyze/dialect/profile analyze/dialect/source analyze/policy
analyze/dialect/netset      => analyze/dialect/profile analyze/dialect/source analyze/policy
analyze/dialect             => analyze/dialect/awswaf analyze/dialect/cloudflare analyze/dialect/cdnetworks analyze/dialect/cloudfront analyze/dialect/fastly analyze/dialect/imagekit analyze/dialect/netset analyze/dialect/neutral analyze/dialect/nginx analyze/dialect/profile analyze/dialect/source analyze/dialect/theolive analyze/policy

analyze/match               => analyze/geo analyze/policy analyze/prefix analyze/tally ingest/referer
analyze/fold                => ingest/record
analyze/traffic             => analyze/geo analyze/match analyze/tally ingest/record
analyze/inspect             => analyze/tally ingest/record ingest/referer
analyze/replay              => analyze/fold analyze/geo analyze/match analyze/policy analyze/tally analyze/traffic ingest/record
analyze/diff                => analyze/geo analyze/match analyze/policy analyze/tally analyze/traffic ingest/record
analyze/site
analyze/order
analyze/fetch
analyze/networks            => analyze/policy analyze/prefix
analyze/abuse               => analyze/fetch analyze/fold analyze/networks analyze/order analyze/tally ingest/record
analyze/hotlinks            => analyze/fetch analyze/fold analyze/geo analyze/order analyze/site analyze/tally analyze/traffic ingest/record ingest/referer
analyze/collateral          => analyze/abuse analyze/fetch analyze/fold analyze/geo analyze/hotlinks analyze/match analyze/policy analyze/tally analyze/traffic ingest/record
analyze/recommend           => analyze/abuse analyze/choose analyze/collateral analyze/dialect analyze/fold analyze/geo analyze/hotlinks analyze/limit analyze/match analyze/networks analyze/order analyze/policy analyze/replay analyze/tally ingest/record ingest/referer
analyze/savings             => analyze/policy analyze/tally ingest/record
analyze/backtest            => analyze/choose analyze/collateral analyze/fetch analyze/geo analyze/hotlinks analyze/match analyze/policy analyze/recommend analyze/replay analyze/tally ingest/record
analyze/explain             => analyze/geo analyze/policy ingest/referer
analyze/check               => analyze/dialect analyze/limit analyze/policy analyze/prefix
analyze/convert             => analyze/dialect analyze/dialect/profile analyze/limit analyze/policy
analyze/choose              => analyze/policy
analyze/policy/policytest   => analyze/explain analyze/geo analyze/policy ingest/referer
analyze/traffic/traffictest => analyze/explain analyze/geo analyze/policy/policytest ingest/record ingest/referer

report
report/view                 => analyze/abuse analyze/backtest analyze/check analyze/collateral analyze/convert analyze/diff analyze/explain analyze/hotlinks analyze/inspect analyze/limit analyze/match analyze/policy analyze/recommend analyze/replay analyze/savings analyze/tally ingest/record ingest/referer report

samples
samples/gen
samples/cmd/makelogs        => samples/gen
samples/cmd/evaluate        => samples/gen
samples/cmd/measure
samples/cmd/unpack          => ingest/decompress

cmd/rulecast                => *
`

// doors says which packages may import each module that is not ours; "tests"
// are the test files of any package and the packages that help tests.
const doors = `
github.com/apache/arrow/go/v17           ingest/record tests
github.com/gaissmai/bart                 analyze/prefix
github.com/goccy/go-yaml                 analyze/dialect/source
github.com/google/go-cmp                 tests
github.com/google/renameio/v2            ingest ingest/compact report
github.com/klauspost/compress            ingest/decompress ingest/format samples/gen tests
github.com/maxmind/mmdbwriter            tests
github.com/minio/minio-go/v7             ingest/source/object
github.com/olekukonko/tablewriter        report
github.com/oschwald/geoip2-golang/v2     analyze/geo
github.com/oschwald/maxminddb-golang/v2  analyze/geo
github.com/parquet-go/parquet-go         ingest/compact ingest/format report
github.com/rogpeppe/go-internal          tests
github.com/spf13/cobra                   cmd/rulecast
golang.org/x/net                         analyze/site ingest/referer tests
golang.org/x/sys                         ingest/cut ingest/record
golang.org/x/term                        cmd/rulecast
pgregory.net/rapid                       tests
`

// layers are the folders in the order in which they may import: each those
// before it, and itself.
var layers = []string{"ingest", "analyze", "report", "samples", "cmd"}

const module = "rulecast"

// sources are the parsed files of a package.
type sources struct {
	dir         string // from the root, with slashes
	files       []*goFile
	otherModule bool // below another go.mod than the root's
}

type goFile struct {
	path   string
	test   bool
	text   []byte
	syntax *ast.File
}

// root is the top of the tree, seen from this package's folder.
func root() fs.FS { return os.DirFS("../..") }

// readTree parses every Go file there is, whatever its build constraints.
func readTree(t *testing.T, set *token.FileSet, mode parser.Mode) []*sources {
	t.Helper()
	byDir := map[string]*sources{}
	var tree []*sources
	var modules []string // folders of other modules
	err := fs.WalkDir(root(), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && name != "." && (e.Name()[0] == '.' || e.Name() == "testdata"):
			return fs.SkipDir
		case e.IsDir():
			if _, err := fs.Stat(root(), path.Join(name, "go.mod")); err == nil && name != "." {
				modules = append(modules, name+"/")
			}
			return nil
		case path.Ext(name) != ".go":
			return nil
		}
		text, err := fs.ReadFile(root(), name)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(set, name, text, mode)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		if byDir[dir] == nil {
			other := slices.ContainsFunc(modules, func(m string) bool { return strings.HasPrefix(name, m) })
			byDir[dir] = &sources{dir: dir, otherModule: other}
			tree = append(tree, byDir[dir])
		}
		byDir[dir].files = append(byDir[dir].files, &goFile{name, strings.HasSuffix(name, "_test.go"), text, syntax})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// table reads lines of a name and what follows it, without "=>".
func table(text string) map[string][]string {
	m := map[string][]string{}
	for line := range strings.Lines(text) {
		if f := strings.Fields(strings.Replace(line, "=>", "", 1)); len(f) > 0 {
			m[f[0]] = f[1:]
		}
	}
	return m
}

// imports are the packages that a file imports.
func (f *goFile) imports() []string {
	var paths []string
	for _, spec := range f.syntax.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`))
	}
	return paths
}

func helpsTests(dir string) bool {
	return strings.HasSuffix(dir, "test") && dir != "analyze/backtest"
}

// TestEdges holds our own packages to edges.
func TestEdges(t *testing.T) {
	allowed := table(edges)
	used := map[string]bool{}
	for _, p := range readTree(t, token.NewFileSet(), parser.ImportsOnly) {
		if p.otherModule {
			continue
		}
		to, listed := allowed[p.dir]
		if !listed {
			t.Errorf("package %s has no line in edges", p.dir)
			continue
		}
		used[p.dir] = true
		for _, f := range p.files {
			for _, imported := range f.imports() {
				target, ours := strings.CutPrefix(imported, module+"/")
				if !ours {
					continue
				}
				if reason := refuse(p.dir, target, f.test); reason != "" {
					t.Errorf("%s imports %s: %s", f.path, target, reason)
				}
				switch {
				case f.test:
				case slices.Contains(to, target):
					used[p.dir+" => "+target] = true
				case slices.Contains(to, "*"):
					used[p.dir+" => *"] = true
				default:
					t.Errorf("%s imports %s, which edges does not allow", f.path, target)
				}
			}
		}
	}
	for from, to := range allowed {
		if !used[from] {
			t.Errorf("edges lists %s, which is not there", from)
			continue
		}
		for _, target := range to {
			if !used[from+" => "+target] {
				t.Errorf("edges allows %s => %s, which nothing uses", from, target)
			}
		}
	}
}

// refuse says what is wrong with an import whatever edges say, or "".
func refuse(from, to string, test bool) string {
	layer := func(dir string) int {
		top, _, _ := strings.Cut(dir, "/")
		return slices.Index(layers, top)
	}
	switch {
	case strings.HasPrefix(to, "cmd/") || strings.HasPrefix(to, "samples/cmd/"):
		return "nothing imports a command"
	case test:
		return ""
	case helpsTests(to) && !helpsTests(from):
		return "it only helps tests"
	case layer(to) > layer(from):
		return layers[layer(to)] + " comes after " + layers[layer(from)]
	}
	return ""
}

// TestFolders demands that no two folders import each other, in however many
// steps: package by package the compiler sees to it.
func TestFolders(t *testing.T) {
	folder := func(dir string) string {
		parts := strings.SplitN(dir, "/", 3)
		return strings.Join(parts[:min(2, len(parts))], "/")
	}
	graph := map[string][]string{}
	for from, to := range table(edges) {
		if helpsTests(from) {
			continue
		}
		for _, target := range to {
			if a, b := folder(from), folder(target); a != b && target != "*" {
				graph[a] = append(graph[a], b)
			}
		}
	}
	done := map[string]bool{}
	var visit func(trail []string, dir string)
	visit = func(trail []string, dir string) {
		if i := slices.Index(trail, dir); i >= 0 {
			t.Errorf("folders import each other: %s", strings.Join(append(trail[i:], dir), " => "))
			return
		}
		if done[dir] {
			return
		}
		for _, next := range graph[dir] {
			visit(append(slices.Clone(trail), dir), next)
		}
		done[dir] = true
	}
	for dir := range graph {
		visit(nil, dir)
	}
}

// TestDoors holds the modules of others to doors.
func TestDoors(t *testing.T) {
	allowed := table(doors)
	used := map[string]bool{}
	for _, p := range readTree(t, token.NewFileSet(), parser.ImportsOnly) {
		if p.otherModule {
			continue
		}
		for _, f := range p.files {
			for _, imported := range f.imports() {
				first, _, _ := strings.Cut(imported, "/")
				if !strings.Contains(first, ".") {
					continue // the standard library's, or ours
				}
				mod := moduleOf(imported, allowed)
				switch {
				case mod == "":
					t.Errorf("%s imports %s, which has no line in doors", f.path, imported)
				case slices.Contains(allowed[mod], p.dir):
					if !f.test {
						used[mod+" "+p.dir] = true
					}
				case slices.Contains(allowed[mod], "tests") && (f.test || helpsTests(p.dir)):
					used[mod+" tests"] = true
				default:
					t.Errorf("%s imports %s, whose door is %v", f.path, imported, allowed[mod])
				}
			}
		}
	}
	for mod, packages := range allowed {
		for _, p := range packages {
			if !used[mod+" "+p] {
				t.Errorf("doors lets %s import %s, which it does not", p, mod)
			}
		}
	}
}

func moduleOf(imported string, modules map[string][]string) string {
	for mod := range modules {
		if imported == mod || strings.HasPrefix(imported, mod+"/") {
			return mod
		}
	}
	return ""
}

// TestDoorsAreRequired compares doors with what go.mod requires directly.
func TestDoorsAreRequired(t *testing.T) {
	text, err := fs.ReadFile(root(), "go.mod")
	if err != nil {
		t.Fatal(err)
	}
	required := map[string]bool{}
	for line := range strings.Lines(string(text)) { // those with "// indirect" have more fields
		if f := strings.Fields(line); len(f) == 2 && strings.Contains(f[0], ".") {
			required[f[0]] = true
		}
	}
	allowed := table(doors)
	for mod := range required {
		if allowed[mod] == nil {
			t.Errorf("go.mod requires %s, which has no line in doors", mod)
		}
	}
	for mod := range allowed {
		if !required[mod] {
			t.Errorf("doors lists %s, which go.mod does not require", mod)
		}
	}
}
