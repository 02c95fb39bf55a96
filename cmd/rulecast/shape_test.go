package main_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// topLevel is what may stand at the top of the tree, beside names with a dot in
// front; rulecast is what README.md builds there, and git ignores it.
var topLevel = []string{"rulecast", "cmd", "analyze", "ingest", "report", "samples", "docs", "go.mod", "go.sum", "README.md", "LICENSE", "NOTICE"}

// The shape that code keeps to; tests are free.
const (
	maxFileLines     = 500
	maxFunctionLines = 80
	maxParameters    = 5
)

// drawers are names that say nothing about what is in a package.
var drawers = []string{"util", "utils", "common", "helper", "helpers", "base", "types", "misc", "shared"}

// leftOpen matches work that was put off.
var leftOpen = regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)

// exceptions are the files ("path") and functions ("path Name") that may break
// the shape, each with its reason. One that breaks nothing has to go.
var exceptions = map[string]string{
	"ingest/decompress/inflate/fast.go fast":        "the hot loop: its registers would be spilled around every call",
	"ingest/decompress/inflate/table.go build":      "one algorithm for two tables that differ in width and in their marks",
	"ingest/decompress/inflate/table.go degenerate": "the rest of build, which has the same parameters",
}

// shape collects what breaks it.
type shape struct {
	t      *testing.T
	set    *token.FileSet
	excuse map[string]bool // exceptions that were needed
}

func (s *shape) errorf(subject, format string, args ...any) {
	if _, ok := exceptions[subject]; ok {
		s.excuse[subject] = true
		return
	}
	s.t.Errorf(subject+": "+format, args...)
}

func TestTopLevel(t *testing.T) {
	entries, err := fs.ReadDir(root(), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name()[0] != '.' && !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s stands at the top level", e.Name())
		}
	}
}

func TestShape(t *testing.T) {
	s := &shape{t: t, set: token.NewFileSet(), excuse: map[string]bool{}}
	for _, p := range readTree(t, s.set, parser.ParseComments|parser.SkipObjectResolution) {
		s.checkPackage(p)
		for _, f := range p.files {
			if !f.test {
				s.checkFile(f)
			}
		}
	}
	for subject, reason := range exceptions {
		if !s.excuse[subject] {
			t.Errorf("exception for %s (%s) is not needed", subject, reason)
		}
	}
}

func (s *shape) checkPackage(p *sources) {
	comments, code := 0, 0
	for _, f := range p.files {
		if f.test {
			continue
		}
		code++
		name := f.syntax.Name.Name
		if slices.Contains(drawers, name) {
			s.errorf(p.dir, "package %s: the name says nothing", name)
		}
		if f.syntax.Doc == nil {
			continue
		}
		comments++
		want := "Package " + name + " "
		if name == "main" {
			want = "Command "
		}
		if !strings.HasPrefix(f.syntax.Doc.Text(), want) {
			s.errorf(f.path, "the package comment does not begin with %q", want)
		}
	}
	if code > 0 && comments != 1 {
		s.errorf(p.dir, "%d package comments, want one", comments)
	}
}

func (s *shape) checkFile(f *goFile) {
	if n := bytes.Count(f.text, []byte{'\n'}); n > maxFileLines {
		s.errorf(f.path, "%d lines, at most %d", n, maxFileLines)
	}
	if left := leftOpen.Find(f.text); left != nil {
		s.errorf(f.path, "%s", left)
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			subject := f.path + " " + n.Name.Name
			if n.Name.Name == "init" && n.Recv == nil {
				s.errorf(subject, "runs by being imported")
			}
			s.checkFunction(subject, n, n.Type)
		case *ast.FuncLit:
			s.checkFunction(s.set.Position(n.Pos()).String(), n, n.Type)
		}
		return true
	})
}

func (s *shape) checkFunction(subject string, n ast.Node, signature *ast.FuncType) {
	if lines := s.set.Position(n.End()).Line - s.set.Position(n.Pos()).Line + 1; lines > maxFunctionLines {
		s.errorf(subject, "%d lines, at most %d", lines, maxFunctionLines)
	}
	if parameters := signature.Params.NumFields(); parameters > maxParameters {
		s.errorf(subject, "%d parameters, at most %d", parameters, maxParameters)
	}
}
